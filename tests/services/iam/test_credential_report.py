"""The credential report."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tests.services.iam import certificates
from tests.support.world import ACCOUNT, refused

from tabard.services.iam import credential_report

if TYPE_CHECKING:
    from tests.support.world import World


def report(world: World) -> dict[str, dict[str, str]]:
    shown = world.iam.get_credential_report()
    assert shown["ReportFormat"] == "text/csv"
    rows = csv.DictReader(io.StringIO(shown["Content"].decode()))
    return {row["user"]: row for row in rows}


def test_the_report_has_every_user_and_what_they_hold(world: World) -> None:
    assert refused(world.iam.get_credential_report)[0::2] == ("ReportNotPresent", 410)
    world.iam.update_account_password_policy(MaxPasswordAge=30)
    bob = world.user("bob")
    world.iam.create_user(UserName="ann")
    world.iam.create_login_profile(UserName="bob", Password="secret-1")
    second = world.iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    world.iam.update_access_key(UserName="bob", AccessKeyId=second, Status="Inactive")
    body = certificates.make("bob").certificate
    world.iam.upload_signing_certificate(UserName="bob", CertificateBody=body)
    refused(bob.list_users)
    assert world.iam.generate_credential_report()["State"] == "STARTED"
    assert world.iam.generate_credential_report()["State"] == "COMPLETE"
    rows = report(world)
    assert list(rows) == ["<root_account>", "ann", "bob"]
    root, ann, his = rows.values()
    assert (root["arn"], root["password_enabled"]) == (f"arn:aws:iam::{ACCOUNT}:root", "not_supported")
    assert (root["access_key_1_active"], root["access_key_1_last_used_service"]) == ("true", "iam")
    assert (ann["password_enabled"], ann["password_last_changed"]) == ("false", "N/A")
    assert (ann["mfa_active"], ann["access_key_1_active"], ann["cert_1_active"]) == ("false",) * 3
    assert his["password_enabled"] == "true"
    assert his["password_last_used"] == "no_information"
    assert his["password_next_rotation"] > his["password_last_changed"]
    assert {his["access_key_1_active"], his["access_key_2_active"]} == {"true", "false"}
    assert his["cert_1_active"] == "true"
    assert his["cert_2_last_rotated"] == "N/A"
    assert tuple(his) == credential_report.COLUMNS


def test_a_report_is_made_again_after_four_hours(world: World) -> None:
    world.iam.generate_credential_report()
    world.iam.create_user(UserName="bob")
    assert list(report(world)) == ["<root_account>"]
    view = world.store.read()
    kept = view.iam.credentials.credential_reports.get(ACCOUNT, ACCOUNT)
    assert kept is not None
    from msgspec.structs import replace

    old = replace(kept, created_at=kept.created_at - credential_report.GOOD_FOR)
    world.run(world.store.write(lambda v: v.iam.credentials.credential_reports.put(old)))
    assert refused(world.iam.get_credential_report)[0::2] == ("ReportExpired", 410)
    assert world.iam.generate_credential_report()["State"] == "STARTED"
    assert list(report(world)) == ["<root_account>", "bob"]
    other = world.client("iam", world.other_root)
    assert refused(other.get_credential_report)[0] == "ReportNotPresent"


def test_names_that_are_formulas_stay_one_cell(world: World) -> None:
    for name in ("a,b", "=1+1", "@sum"):
        world.iam.create_user(UserName=name)
    world.iam.generate_credential_report()
    assert {"a,b", "=1+1", "@sum"} <= set(report(world))


def test_more_users_than_a_page(world: World) -> None:
    for number in range(credential_report._USERS_AT_ONCE + 5):
        world.iam.create_user(UserName=f"user-{number}")
    world.iam.generate_credential_report()
    assert len(report(world)) == credential_report._USERS_AT_ONCE + 6
