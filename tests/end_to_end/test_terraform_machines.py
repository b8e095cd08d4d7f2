"""Machines and buckets as Terraform's AWS provider makes them: apply, a plan that is empty, a change, and destroy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.end_to_end.terraform import Terraform
from tests.services.iam import certificates

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

CONFIGURATION = r"""
data "aws_ami" "newest" {
  most_recent = true
  owners      = ["amazon"]
}
data "aws_vpc" "default" { default = true }
data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}
data "aws_subnet" "first" { id = data.aws_subnets.default.ids[0] }
data "aws_availability_zones" "here" { state = "available" }
data "aws_region" "here" {}
data "aws_partition" "here" {}
data "aws_security_group" "default" { name = "default" }
data "aws_ec2_instance_type" "small" { instance_type = "t3.small" }
data "aws_canonical_user_id" "me" {}
data "aws_iam_policy" "read" { name = "ReadOnlyAccess" }
data "aws_iam_roles" "all" {}
data "aws_iam_session_context" "me" { arn = data.aws_caller_identity.me.arn }
data "aws_caller_identity" "me" {}
resource "aws_key_pair" "me" {
  key_name   = "tf-me"
  public_key = file("key.pub")
  tags       = { a = "b" }
}
resource "aws_security_group" "web" {
  name        = "tf-web"
  description = "web"
  vpc_id      = data.aws_vpc.default.id
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
    description = "ssh"
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
  tags = { Name = "web" }
}
resource "aws_security_group" "bare" {
  name_prefix = "tf-bare"
}
resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.bare.id
  cidr_ipv4         = "10.0.0.0/8"
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
  tags              = { a = "b" }
}
resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.bare.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}
resource "aws_iam_role" "app" {
  name               = "tf-app2"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
resource "aws_iam_instance_profile" "app" {
  name = "tf-app2"
  role = aws_iam_role.app.name
}
resource "aws_instance" "app" {
  ami                     = data.aws_ami.newest.id
  instance_type           = var.kind
  key_name                = aws_key_pair.me.key_name
  subnet_id               = data.aws_subnet.first.id
  vpc_security_group_ids  = [aws_security_group.web.id]
  iam_instance_profile    = aws_iam_instance_profile.app.name
  user_data               = "#!/bin/sh\necho hi > ~/hi\n"
  monitoring              = true
  disable_api_termination = false
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
    instance_metadata_tags      = "enabled"
  }
  root_block_device {
    volume_size = 8
  }
  tags = { Name = "tf-app" }
}
variable "kind" { default = "t3.micro" }
resource "aws_ec2_tag" "more" {
  resource_id = data.aws_vpc.default.id
  key         = "Name"
  value       = "root"
}
data "aws_instance" "app" { instance_id = aws_instance.app.id }
data "aws_instances" "all" {
  instance_tags = { Name = "tf-app" }
  depends_on    = [aws_instance.app]
}
data "aws_iam_instance_profile" "app" { name = aws_iam_instance_profile.app.name }
resource "aws_s3_bucket" "b" {
  bucket_prefix = "tf-more"
  force_destroy = true
}
resource "aws_s3_object" "o" {
  bucket       = aws_s3_bucket.b.id
  key          = "a/é key"
  source       = "key.pub"
  etag         = filemd5("key.pub")
  content_type = "text/plain"
  metadata     = { a = "b" }
  tags         = { x = "y" }
}
resource "aws_s3_object_copy" "c" {
  bucket            = aws_s3_bucket.b.id
  key               = "copy"
  tagging_directive = "REPLACE"
  tags              = { z = "w" }
  source            = "${aws_s3_bucket.b.id}/${aws_s3_object.o.key}"
}
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = data.aws_iam_policy_document.b.json
}
data "aws_iam_policy_document" "b" {
  statement {
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = [aws_s3_bucket.b.arn, "${aws_s3_bucket.b.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.app.arn]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
data "aws_s3_bucket" "b" { bucket = aws_s3_bucket.b.id }
data "aws_s3_objects" "b" {
  bucket     = aws_s3_bucket.b.id
  depends_on = [aws_s3_object.o]
}
data "aws_s3_object" "o" {
  bucket = aws_s3_bucket.b.id
  key    = aws_s3_object.o.key
}
output "content_type" { value = data.aws_s3_object.o.content_type }
"""


@pytest.mark.long
def test_machines_and_buckets_are_made_changed_and_destroyed(
    own_server: TabardServer, tmp_path: Path
) -> None:
    (tmp_path / "key.pub").write_text(certificates.ssh_key())
    terraform = Terraform(tmp_path, own_server, CONFIGURATION)
    applied = terraform.apply_and_plan()
    assert 'content_type = "text/plain"' in applied.out
    ec2, s3 = own_server.client("ec2"), own_server.client("s3")
    (reservation,) = ec2.describe_instances()["Reservations"]
    (machine,) = reservation["Instances"]
    if machine["State"]["Name"] != "running":
        pytest.skip(f"instances do not run here: {machine.get('StateReason')}")
    assert machine["KeyName"] == "tf-me"
    assert machine["Monitoring"]["State"] == "enabled"
    assert machine["MetadataOptions"]["InstanceMetadataTags"] == "enabled"
    larger = ("-var", "kind=t3.small")
    terraform.succeeds("apply", "-auto-approve", *larger)  # stops it, changes it, starts it again
    terraform.succeeds("plan", "-detailed-exitcode", *larger)
    (reservation,) = ec2.describe_instances()["Reservations"]
    (changed,) = reservation["Instances"]
    assert changed["InstanceId"] == machine["InstanceId"]
    assert (changed["InstanceType"], changed["State"]["Name"]) == ("t3.small", "running")
    terraform.succeeds("destroy", "-auto-approve")
    (reservation,) = ec2.describe_instances()["Reservations"]
    assert reservation["Instances"][0]["State"]["Name"] == "terminated"
    assert ec2.describe_key_pairs()["KeyPairs"] == []
    assert [group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]] == ["default"]
    assert s3.list_buckets()["Buckets"] == []
