"""Terraform with its AWS provider: apply, then a plan that is empty, then destroy. Skips where the provider is not at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.end_to_end.clients import Ran

if TYPE_CHECKING:
    from tests.support.server import TabardServer

PLACES = (
    Path.home() / ".terraform.d",
    Path("/usr/share/terraform"),
    Path("/usr/local/share/terraform"),
    Path("/opt"),
)
"""Where people keep plugin mirrors: a folder below one of these that holds the provider under its registry's name."""

CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "endpoint" {}
provider "aws" {
  region            = "us-east-1"
  s3_use_path_style = true
  endpoints {
    iam = var.endpoint
    sts = var.endpoint
    ec2 = var.endpoint
    s3  = var.endpoint
  }
}
data "aws_caller_identity" "me" {}
data "aws_ami" "newest" {
  most_recent = true
  owners      = ["amazon"]
}
locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
  reads = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:Get*", "s3:List*"], Resource = "*" }]
  })
}
resource "aws_iam_policy" "boundary" {
  name   = "tf-boundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
resource "aws_iam_role" "app" {
  name                 = "tf-app"
  path                 = "/team/"
  description          = "made by terraform"
  assume_role_policy   = local.trust
  permissions_boundary = aws_iam_policy.boundary.arn
  max_session_duration = 7200
  tags                 = { team = "blue", "with space" = "ü" }
}
resource "aws_iam_role_policy" "inline" {
  role   = aws_iam_role.app.name
  name   = "inline"
  policy = local.reads
}
resource "aws_iam_policy" "reads" {
  name   = "tf-reads"
  policy = local.reads
  tags   = { a = "b" }
}
resource "aws_iam_role_policy_attachment" "reads" {
  role       = aws_iam_role.app.name
  policy_arn = aws_iam_policy.reads.arn
}
resource "aws_iam_instance_profile" "app" {
  name = "tf-app"
  role = aws_iam_role.app.name
}
resource "aws_iam_user" "ana" {
  name = "tf-ana"
  tags = { who = "ana" }
}
resource "aws_iam_group" "readers" {
  name = "tf-readers"
}
resource "aws_iam_group_policy_attachment" "readers" {
  group      = aws_iam_group.readers.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_iam_user_group_membership" "ana" {
  user   = aws_iam_user.ana.name
  groups = [aws_iam_group.readers.name]
}
resource "aws_iam_access_key" "ana" {
  user = aws_iam_user.ana.name
}
resource "aws_s3_bucket" "papers" {
  bucket = "tf-papers"
  tags   = { kind = "papers" }
}
resource "aws_s3_bucket_policy" "papers" {
  bucket = aws_s3_bucket.papers.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.app.arn }
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.papers.arn}/*"
    }]
  })
}
resource "aws_s3_object" "paper" {
  bucket  = aws_s3_bucket.papers.id
  key     = "a/paper.txt"
  content = "hello"
}
resource "aws_instance" "app" {
  ami                  = data.aws_ami.newest.id
  instance_type        = "t3.micro"
  iam_instance_profile = aws_iam_instance_profile.app.name
  tags                 = { Name = "tf-app" }
}
output "account" {
  value = data.aws_caller_identity.me.account_id
}
"""


class Terraform:
    """Terraform in a folder of its own, with the provider from a mirror on this machine."""

    def __init__(self, folder: Path, server: TabardServer, mirror: Path) -> None:
        (folder / "main.tf").write_text(CONFIGURATION)
        (folder / "terraform.rc").write_text(
            f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror}" }}\n}}\n'
        )
        root = server.root()
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"),
            "TF_IN_AUTOMATION": "1",
            "TF_VAR_endpoint": server.endpoint,
            "CHECKPOINT_DISABLE": "1",
            "AWS_ACCESS_KEY_ID": root["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": root["aws_secret_access_key"],
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __call__(self, *arguments: str) -> Ran:
        done = subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def terraform(own_server: TabardServer, tmp_path: Path) -> Terraform:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    found = (each for place in PLACES for each in place.glob("*/registry.terraform.io/hashicorp/aws"))
    mirror = next((each.parents[2] for each in found), None)
    if mirror is None:
        pytest.skip("terraform's AWS provider is not at hand")
    return Terraform(tmp_path, own_server, mirror)


def test_apply_then_nothing_to_do_then_destroy(terraform: Terraform, own_server: TabardServer) -> None:
    ready = terraform("init")
    assert ready.code == 0, ready.err
    applied = terraform("apply", "-auto-approve")
    assert applied.code == 0, applied.err
    assert f'account = "{own_server.account}"' in applied.out
    iam = own_server.client("iam")
    role = iam.get_role(RoleName="tf-app")["Role"]
    assert role["Path"] == "/team/"
    assert {tag["Key"]: tag["Value"] for tag in role["Tags"]} == {"team": "blue", "with space": "ü"}
    planned = terraform("plan", "-detailed-exitcode")
    assert planned.code == 0, planned.out + planned.err
    destroyed = terraform("destroy", "-auto-approve")
    assert destroyed.code == 0, destroyed.err
    assert iam.list_roles(PathPrefix="/team/")["Roles"] == []
    assert own_server.client("s3").list_buckets()["Buckets"] == []
