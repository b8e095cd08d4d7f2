"""Everything of IAM that Terraform's AWS provider makes: apply, then a plan that is empty, then destroy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.end_to_end.terraform import Terraform
from tests.services.iam import certificates
from tests.services.iam.test_saml_providers import metadata

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

CONFIGURATION = """
locals {
  may = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}
resource "aws_iam_account_alias" "us" {
  account_alias = "tf-alias"
}
resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 14
  require_symbols                = true
  require_numbers                = true
  require_uppercase_characters   = true
  require_lowercase_characters   = true
  allow_users_to_change_password = true
  max_password_age               = 90
  password_reuse_prevention      = 3
}
resource "aws_iam_openid_connect_provider" "ci" {
  url             = "https://ci.example.com"
  client_id_list  = ["sts.amazonaws.com", "another"]
  thumbprint_list = ["cf23df2207d99a74fbe169e3eba035e633b65d94"]
  tags            = { team = "blue" }
}
resource "aws_iam_saml_provider" "corp" {
  name                   = "tf-corp"
  saml_metadata_document = file("saml.xml")
  tags                   = { team = "blue" }
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.ci.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "ci.example.com:sub"
      values   = ["repo:us/app"]
    }
  }
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_user.ana.arn]
    }
  }
}
resource "aws_iam_role" "ci" {
  name                  = "tf-ci"
  assume_role_policy    = data.aws_iam_policy_document.trust.json
  force_detach_policies = true
  tags                  = { team = "blue" }
}
resource "aws_iam_policy" "may" {
  name        = "tf-may"
  path        = "/team/"
  description = "what it may"
  policy      = local.may
}
resource "aws_iam_policy_attachment" "everywhere" {
  name       = "everywhere"
  policy_arn = aws_iam_policy.may.arn
  users      = [aws_iam_user.ana.name]
  roles      = [aws_iam_role.ci.name]
  groups     = [aws_iam_group.team.name]
}
resource "aws_iam_role_policies_exclusive" "ci" {
  role_name    = aws_iam_role.ci.name
  policy_names = [aws_iam_role_policy.inline.name]
}
resource "aws_iam_role_policy" "inline" {
  role   = aws_iam_role.ci.name
  name   = "inline"
  policy = local.may
}
resource "aws_iam_user" "ana" {
  name                 = "tf-ana"
  path                 = "/team/"
  permissions_boundary = aws_iam_policy.may.arn
  force_destroy        = true
  tags                 = { who = "ana" }
}
resource "aws_iam_user_policy" "ana" {
  user   = aws_iam_user.ana.name
  name   = "inline"
  policy = local.may
}
resource "aws_iam_user_login_profile" "ana" {
  user                    = aws_iam_user.ana.name
  password_length         = 20
  password_reset_required = true
  depends_on              = [aws_iam_account_password_policy.strict]
}
resource "aws_iam_user_ssh_key" "ana" {
  username   = aws_iam_user.ana.name
  encoding   = "SSH"
  public_key = file("key.pub")
}
resource "aws_iam_signing_certificate" "ana" {
  user_name        = aws_iam_user.ana.name
  certificate_body = file("certificate.pem")
}
resource "aws_iam_service_specific_credential" "ana" {
  user_name    = aws_iam_user.ana.name
  service_name = "codecommit.amazonaws.com"
}
resource "aws_iam_virtual_mfa_device" "ana" {
  virtual_mfa_device_name = "tf-ana"
  tags                    = { who = "ana" }
}
resource "aws_iam_group" "team" {
  name = "tf-team"
  path = "/team/"
}
resource "aws_iam_group_policy" "team" {
  group  = aws_iam_group.team.name
  name   = "inline"
  policy = local.may
}
resource "aws_iam_group_membership" "team" {
  name  = "members"
  group = aws_iam_group.team.name
  users = [aws_iam_user.ana.name]
}
resource "aws_iam_instance_profile" "ci" {
  name = "tf-ci"
  path = "/team/"
  role = aws_iam_role.ci.name
  tags = { team = "blue" }
}
resource "aws_iam_server_certificate" "web" {
  name             = "tf-web"
  path             = "/team/"
  certificate_body = file("certificate.pem")
  private_key      = file("certificate.key")
  tags             = { team = "blue" }
}
resource "aws_iam_service_linked_role" "scaling" {
  aws_service_name = "autoscaling.amazonaws.com"
  description      = "made by terraform"
}
resource "aws_iam_security_token_service_preferences" "tokens" {
  global_endpoint_token_version = "v2Token"
}
data "aws_iam_users" "team" {
  path_prefix = "/team/"
  depends_on  = [aws_iam_user.ana]
}
data "aws_iam_principal_policy_simulation" "ana" {
  action_names      = ["s3:GetObject"]
  policy_source_arn = aws_iam_user.ana.arn
  depends_on        = [aws_iam_policy_attachment.everywhere]
}
output "allowed" {
  value = data.aws_iam_principal_policy_simulation.ana.all_allowed
}
"""


@pytest.mark.long
def test_everything_of_iam_is_made_planned_and_destroyed(own_server: TabardServer, tmp_path: Path) -> None:
    made = certificates.make("example.com")
    (tmp_path / "saml.xml").write_text(metadata())
    (tmp_path / "key.pub").write_text(certificates.ssh_key())
    (tmp_path / "certificate.pem").write_text(made.certificate)
    (tmp_path / "certificate.key").write_text(made.key)
    terraform = Terraform(tmp_path, own_server, CONFIGURATION)
    applied = terraform.apply_and_plan()
    assert "allowed = true" in applied.out
    iam = own_server.client("iam")
    assert iam.list_account_aliases()["AccountAliases"] == ["tf-alias"]
    state = json.loads(terraform.succeeds("show", "-json").out)
    kinds = {
        each["type"] for each in state["values"]["root_module"]["resources"] if each["mode"] == "managed"
    }
    assert len(kinds) > 20
    terraform.succeeds("destroy", "-auto-approve")
    assert iam.get_account_summary()["SummaryMap"]["Users"] == 0
    assert iam.list_roles()["Roles"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
