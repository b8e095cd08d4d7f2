"""Terraform with its AWS provider, in a folder of a test's own. Tests skip where the provider is not at hand."""

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

PROVIDER = """
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
"""


class Terraform:
    """Terraform in a folder of its own, with the provider from a mirror on this machine."""

    def __init__(self, folder: Path, server: TabardServer, configuration: str) -> None:
        mirror = _mirror()
        (folder / "main.tf").write_text(PROVIDER + configuration)
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

    def succeeds(self, *arguments: str) -> Ran:
        """As ``__call__``; the test fails with Terraform's words where it does."""
        ran = self(*arguments)
        assert ran.code == 0, ran.out + ran.err
        return ran

    def apply_and_plan(self) -> Ran:
        """Make what the configuration says, and see that nothing is left to do then; how applying went."""
        self.succeeds("init")
        applied = self.succeeds("apply", "-auto-approve")
        self.succeeds("plan", "-detailed-exitcode")
        return applied


def _mirror() -> Path:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    found = (each for place in PLACES for each in place.glob("*/registry.terraform.io/hashicorp/aws"))
    mirror = next((each.parents[2] for each in found), None)
    if mirror is None:
        pytest.skip("terraform's AWS provider is not at hand")
    return mirror
