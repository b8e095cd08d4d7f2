"""moto's own tests of IAM and STS against Tabard: whatever fails has its reason here, mostly that AWS refuses what moto takes.

`make moto` unpacks them from moto's source distribution; the test skips where that has not been done.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.server import ROOT

MOTO = ROOT / "build" / "moto"
LEFT_OUT = (
    "test_iam/test_iam_cloudformation.py",  # another service
    "test_iam/test_server.py",  # moto's own server
    "test_sts/test_server.py",
    "test_iam/test_iam_resets.py",  # moto's own controls
)

EXPLAINED = {
    r"MalformedPolicyDocument": "the document is no policy (`some policy`), and AWS refuses it",
    r"specified value for path is invalid": "AWS wants a slash at both ends of a path",
    r"Could not parse metadata": "the metadata document is no metadata",
    r"UnrecognizedPublicKeyEncoding|MalformedCertificate": "the key or certificate is none",
    r"PasswordPolicyViolation": "the password breaks AWS's default rules",
    r"InvalidAuthenticationCode": "the codes are not the device's",
    r"is not authorized to perform: iam": "moto lets everybody do everything",
    r"Roles may not be assumed by root accounts": "the same",
    r"Signature expired: 20": "the client's clock is stopped years ago, and AWS looks at it",
    r"is not served here": "another service",
    r"Invalid Open ID Connect Provider URL": "AWS wants https",
    r"not a valid JWT": "the token is none",
    r"Invalid ARN partition|arn:aws-(cn|iso)": "Tabard has the partition aws alone",
    r"iam:\d+:saml-provider/\w+ is invalid": "the ARN lacks a part",
    r"Invalid Marker": "moto's markers are numbers",
    r"does not support service-linked roles": "the service is not known here: see docs/divergences.md",
    r"Must have length|Member must have|satisfy constraint": "AWS quotes values with ' and has no full stop at the end",
    r"leading spaces": "the document begins with white space, and AWS refuses it",
}
"""Why tests fail whose failure holds such words."""
NAMED = {
    "test_get_current_user": "the caller is root, who has no name",
    "test_get_caller_identity": "the caller is root",
    "test_sts_regions": "the caller is root",
    "test_get_access_key_info_default": "the key is of no account",
    "test_list_virtual_mfa_devices": "moto's markers are numbers",
    "test_create_virtual_mfa_device_errors": "AWS's pattern of paths has nothing against two slashes",
    "test_delete_virtual_mfa_device_errors": "AWS says `does not exist`",
    "test_mfa_devices": "a serial number that is no device's",
    "test_update_access_key": "the key is another user's than the caller, and AWS looks at the caller's without UserName",
    "test_delete_access_key": "the same",
    "test_update_account_password_policy": "AWS shows no MaxPasswordAge where there is none",
    "test_get_account_summary": "root's key is counted; AWS has AccountPasswordPresent",
    "test_role_config_dict": "moto's own interface",
    "test_policy_config_dict": "the same",
    "test_delete_service_linked_role": "AWS says `cannot be found`",
    "test_create_service_linked_role__with_suffix": "CreateServiceLinkedRole shows no description",
    "test_create_user": "AWS says `User with name … already exists.`",
    "test_delete_nonexistent_login_profile": "AWS says `Login Profile for User … cannot be found.`",
    "test_get_role__should_throw__when_role_does_not_exist": "AWS says `cannot be found`",
    "test_get_instance_profile__should_throw__when_instance_profile_does_not_exist": "the same",
    "test_iam_groups.py": "AWS says `The group with name … cannot be found.` and `Group with name … already exists.`",
    "test_create_open_id_connect_provider_errors": "AWS says what is there already, not `Unknown`",
    "test_list_open_id_connect_provider_tags__paginated": "AWS allows fifty tags",
    "test_create_policy_with_duplicate_tag": "keys of policies' tags differ by case",
    "test_retrieve_cert_details_using_credentials_report": "AWS makes a report once in four hours, as the test says",
    "test_create_policy_with_invalid_policy_document[invalid_policy_document29]": (
        "two things are wrong with it; which is told first is not documented"
    ),
}
"""Why these fail, by their names' beginnings."""


def reason(test: str, message: str) -> str | None:
    """Why a test fails, if that is known."""
    for pattern, why in EXPLAINED.items():
        if re.search(pattern, message):
            return why
    name = test.rpartition("::")[2]
    return next((why for start, why in NAMED.items() if name.startswith(start) or start in test), None)


@pytest.mark.long
def test_whatever_of_motos_tests_fails_is_explained(tmp_path: Path) -> None:
    if not (MOTO / "site").exists():
        pytest.skip("moto's tests are not at hand: make moto")
    failures = tmp_path / "failures"
    failures.touch()
    path = [ROOT / "src", Path(__file__).parent, MOTO, MOTO / "site"]
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "moto_plugin"),
            *("tests/test_iam", "tests/test_sts"),
            *(f"--ignore=tests/{each}" for each in LEFT_OUT),
        ],
        cwd=MOTO,
        env={
            **os.environ,
            "PYTHONPATH": ":".join(map(str, path)),
            "TABARD_FAILURES": str(failures),
            "PYTEST_ADDOPTS": "",
        },
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert re.search(r"(\d+) passed", ran.stdout), ran.stdout[-3000:] + ran.stderr[-3000:]
    told = [json.loads(line) for line in failures.read_text().splitlines()]
    unexplained = [
        f"{each['test']}: {each['message'][:300]}"
        for each in told
        if reason(each["test"], each["message"]) is None
    ]
    assert unexplained == []
