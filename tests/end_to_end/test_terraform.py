"""Terraform with its AWS provider: apply, then a plan that is empty, then destroy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.end_to_end.terraform import Terraform

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

CONFIGURATION = """
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


def test_apply_then_nothing_to_do_then_destroy(own_server: TabardServer, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, own_server, CONFIGURATION)
    applied = terraform.apply_and_plan()
    assert f'account = "{own_server.account}"' in applied.out
    iam = own_server.client("iam")
    role = iam.get_role(RoleName="tf-app")["Role"]
    assert role["Path"] == "/team/"
    assert {tag["Key"]: tag["Value"] for tag in role["Tags"]} == {"team": "blue", "with space": "ü"}
    terraform.succeeds("destroy", "-auto-approve")
    assert iam.list_roles(PathPrefix="/team/")["Roles"] == []
    assert own_server.client("s3").list_buckets()["Buckets"] == []
