"""Temporary delegation, from a partner's request to a session that may what the request says and its approver may."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from tests.support.world import ACCOUNT, OTHER_ACCOUNT, World, allow, document, refused, trust

from tabard.services import delegation
from tabard.services.iam.delegation_templates import template_arn
from tabard.store.iam_credentials import DelegationTemplate

if TYPE_CHECKING:
    from tabard.store.port import View

ARN = f"arn:aws:iam::{ACCOUNT}"
BOUNDARY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
TEMPLATE = document(
    allow("iam:CreateRole", "arn:aws:iam::*:role/@{RolePrefix}-*"), allow("iam:List*", ["@{Resources}"])
)
PARAMETERS = [
    {"Name": "RolePrefix", "Values": ["acme"], "Type": "string"},
    {"Name": "Resources", "Values": ["*", "arn:aws:iam::*:user/none"], "Type": "stringList"},
]
NEW: dict[str, Any] = {
    "Description": "Set things up",
    "Permissions": {"PolicyTemplateArn": template_arn(OTHER_ACCOUNT, "setup"), "Parameters": PARAMETERS},
    "RequestorWorkflowId": "workflow-1",
    "NotificationChannel": f"arn:aws:sns:us-east-1:{OTHER_ACCOUNT}:topic",
    "SessionDuration": 3600,
}
DAY = 86_400.0


class Story:
    """A world in which the other account is a partner."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = world.node.clock()
        self.iam = world.iam
        self.partner = world.client("iam", world.other_root)
        templates = {"setup": DelegationTemplate(TEMPLATE, [BOUNDARY])}
        world.run(
            world.store.write(
                lambda view: delegation.register(view, OTHER_ACCOUNT, "Acme", templates, self.now)
            )
        )

    def ask(self, **more: Any) -> str:
        made = self.partner.create_delegation_request(**{**NEW, **more})
        return str(made["DelegationRequestId"])

    def age(self, seconds: float) -> None:
        """Let all requests be older: the clock itself can not move on, for clients sign by their own."""

        def older(view: View) -> None:
            requests = view.iam.credentials.delegation_requests
            for each in requests.all(delegation.NOBODYS):
                changes = {
                    "expires_at": each.expires_at - seconds,
                    "finalized_at": each.finalized_at - seconds,
                }
                requests.put(replace(each, **changes))

        self.world.run(self.world.store.write(older))

    def show(self, request: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.iam.get_delegation_request(DelegationRequestId=request)
        return dict(shown["DelegationRequest"])

    def notices(self) -> list[tuple[str, str | None]]:
        taken = self.world.run(
            self.world.store.write(lambda view: delegation.take_notices(view, OTHER_ACCOUNT))
        )
        return [(each.state, delegation.token_of(each)) for each in taken]

    def trade(self, token: str | None) -> Any:
        sts = self.world.client("sts", self.world.other_root)
        return sts.get_delegated_access_token(TradeInToken=token)

    def granted(self, approver: Any, request: str) -> str:
        """The token of a request that somebody owns, accepts and sends."""
        it = {"DelegationRequestId": request}
        for step in (
            approver.associate_delegation_request,
            approver.accept_delegation_request,
            approver.send_delegation_token,
        ):
            step(**it)
        return str(self.notices()[-1][1])


@pytest.fixture
def story(world: World) -> Story:
    made = Story(world)
    world.node.clock = lambda: made.now
    return made


def test_a_request_goes_its_way_to_a_session_that_may_no_more_than_it_says(story: Story) -> None:
    request = story.ask(OwnerAccountId=ACCOUNT, RequestMessage="please", RedirectUrl="https://acme.example")
    it = {"DelegationRequestId": request}
    shown = story.show(request)
    assert (shown["State"], shown["OwnerAccountId"], shown["RequestorId"]) == (
        "UNASSIGNED",
        ACCOUNT,
        OTHER_ACCOUNT,
    )
    assert (shown["RequestorName"], shown["RolePermissionRestrictionArns"]) == ("Acme", [BOUNDARY])
    assert json.loads(shown["PermissionPolicy"])["Statement"] == [
        {"Effect": "Allow", "Action": "iam:CreateRole", "Resource": "arn:aws:iam::*:role/acme-*"},
        {"Effect": "Allow", "Action": "iam:List*", "Resource": ["*", "arn:aws:iam::*:user/none"]},
    ]
    assert not {"OwnerId", "ApproverId", "Notes", "RejectionReason"} & set(shown)
    assert shown["ExpirationTime"].timestamp() == int(story.now + DAY)
    ann = story.world.user("ann", allow("iam:*"))
    ann.associate_delegation_request(**it)
    assert (story.show(request)["State"], story.show(request)["OwnerId"]) == ("ASSIGNED", f"{ARN}:user/ann")
    ann.update_delegation_request(**it, Notes="for you")
    assert (story.show(request)["State"], story.show(request)["Notes"]) == ("PENDING_APPROVAL", "for you")
    bob = story.world.user("bob", allow("*"))
    assert refused(bob.send_delegation_token, **it)[0] == "InvalidInput"
    bob.accept_delegation_request(**it)
    assert (story.show(request)["State"], story.show(request)["ApproverId"]) == (
        "ACCEPTED",
        f"{ARN}:user/bob",
    )
    bob.send_delegation_token(**it)
    assert story.show(request)["State"] == "FINALIZED"
    *told, (state, token) = story.notices()
    assert [each for each, _ in told] == ["ASSIGNED", "PENDING_APPROVAL", "ACCEPTED"]
    assert state == "FINALIZED"
    assert story.notices() == []
    story.age(600)
    traded = story.trade(token)
    assert traded["AssumedPrincipal"] == f"{ARN}:user/bob"
    assert traded["Credentials"]["Expiration"].timestamp() == int(story.now) + 3000
    session = story.world.client("iam", traded["Credentials"])
    assert session.list_users()["Users"]
    session.create_role(RoleName="acme-one", AssumeRolePolicyDocument=trust(AWS=OTHER_ACCOUNT))
    other = {"RoleName": "other", "AssumeRolePolicyDocument": trust(AWS=OTHER_ACCOUNT)}
    assert refused(session.create_role, **other)[0] == "AccessDenied"
    assert refused(session.get_user)[0] == "AccessDenied"
    story.age(3000)
    assert refused(story.trade, token=token)[::2] == ("ExpiredTradeInTokenException", 400)


def test_a_session_may_no_more_than_its_approver_and_ends_with_it(story: Story) -> None:
    ann = story.world.user("ann", allow("iam:*DelegationRequest"), allow("iam:SendDelegationToken"))
    session = story.world.client("iam", story.trade(story.granted(ann, story.ask()))["Credentials"])
    assert refused(session.list_users)[0] == "AccessDenied"
    story.iam.put_user_policy(UserName="ann", PolicyName="more", PolicyDocument=document(allow("iam:List*")))
    assert session.list_users()
    for key in story.iam.list_access_keys(UserName="ann")["AccessKeyMetadata"]:
        story.iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    for name in ("may", "more"):
        story.iam.delete_user_policy(UserName="ann", PolicyName=name)
    story.iam.delete_user(UserName="ann")
    assert refused(session.list_users)[0] == "InvalidClientTokenId"


def test_roles_and_root_approve_as_themselves(story: Story) -> None:
    sts = story.world.client(
        "sts", story.world.iam.create_access_key(UserName=_made(story, "ann"))["AccessKey"]
    )
    story.iam.create_role(RoleName="admin", AssumeRolePolicyDocument=trust(AWS=f"{ARN}:user/ann"))
    story.iam.attach_role_policy(RoleName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    asked = {"RoleArn": f"{ARN}:role/admin", "RoleSessionName": "me"}
    admin = story.world.client("iam", sts.assume_role(**asked)["Credentials"])
    traded = story.trade(story.granted(admin, story.ask()))
    assert traded["AssumedPrincipal"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/me"
    assert story.world.client("iam", traded["Credentials"]).list_users()["Users"]
    limited = sts.assume_role(**asked, Policy=document(allow("iam:*")))["Credentials"]
    request = {"DelegationRequestId": story.ask(RequestorWorkflowId="workflow-2")}
    less = story.world.client("iam", limited)
    less.associate_delegation_request(**request)
    assert refused(less.accept_delegation_request, **request)[0] == "AccessDenied"
    long = {"DelegationRequestId": story.ask(RequestorWorkflowId="workflow-3", SessionDuration=14_401)}
    story.iam.associate_delegation_request(**long)
    assert refused(story.iam.accept_delegation_request, **long)[0] == "AccessDenied"
    by_root = story.trade(story.granted(story.iam, story.ask(RequestorWorkflowId="workflow-4")))
    session = story.world.client("iam", by_root["Credentials"])
    assert by_root["AssumedPrincipal"] == f"{ARN}:root"
    assert session.list_users()["Users"]
    assert refused(session.get_account_summary)[0] == "AccessDenied"


def _made(story: Story, name: str) -> str:
    story.world.user(name, allow("sts:AssumeRole"))
    return name


def test_what_is_refused_or_taken_back_gives_nothing(story: Story) -> None:
    it = {"DelegationRequestId": story.ask()}
    assert refused(story.iam.reject_delegation_request, **it)[0] == "InvalidInput"
    story.iam.associate_delegation_request(**it)
    assert refused(story.iam.associate_delegation_request, **it)[0] == "InvalidInput"
    story.iam.accept_delegation_request(**it)
    story.iam.reject_delegation_request(**it, Notes="no")
    shown = story.show(it["DelegationRequestId"])
    assert (shown["State"], shown["RejectionReason"]) == ("REJECTED", "no")
    assert "ApproverId" not in shown
    for step in (
        story.iam.accept_delegation_request,
        story.iam.update_delegation_request,
        story.iam.send_delegation_token,
    ):
        assert refused(step, **it)[::2] == ("InvalidInput", 400)
    assert [state for state, token in story.notices() if token] == []
    assert refused(story.trade, token="TBRT" + "A" * 80)[0] == "AccessDenied"


def test_each_step_finds_its_request_once_it_is_made(story: Story) -> None:
    iam = story.iam
    way = (
        iam.associate_delegation_request,
        iam.update_delegation_request,
        iam.accept_delegation_request,
        iam.send_delegation_token,
    )
    for step in (*way, iam.reject_delegation_request):
        code, message, status = refused(step, DelegationRequestId="d-of-nobody-at-all")
        assert (code, status) == ("NoSuchEntity", 404)
        assert message == "The delegation request with id d-of-nobody-at-all cannot be found."
    sent, rejected = story.ask(), story.ask(RequestorWorkflowId="workflow-2")
    for step in way:
        assert step(DelegationRequestId=sent)
    iam.associate_delegation_request(DelegationRequestId=rejected)
    assert iam.reject_delegation_request(DelegationRequestId=rejected)


def test_states_that_last_too_long_expire(story: Story) -> None:
    early, late = story.ask(), story.ask(RequestorWorkflowId="workflow-2")
    story.iam.associate_delegation_request(DelegationRequestId=late)
    story.age(DAY)
    assert (story.show(early)["State"], story.show(late)["State"]) == ("EXPIRED", "ASSIGNED")
    assert refused(story.iam.associate_delegation_request, DelegationRequestId=early)[0] == "InvalidInput"
    story.age(6 * DAY)
    assert story.show(late)["State"] == "EXPIRED"
    story.age(31 * DAY)
    it = {"DelegationRequestId": late}
    assert refused(story.iam.get_delegation_request, **it)[::2] == ("NoSuchEntity", 404)
    assert story.iam.list_delegation_requests()["DelegationRequests"] == []
    assert story.ask(), "its workflow is free again"


def test_a_request_is_seen_by_those_that_it_is_for(story: Story) -> None:
    anyones = {"DelegationRequestId": story.ask()}
    ours = {"DelegationRequestId": story.ask(RequestorWorkflowId="workflow-2", OwnerAccountId=ACCOUNT)}
    assert story.partner.get_delegation_request(**anyones)
    assert refused(story.partner.get_delegation_request, **ours)[0] == "NoSuchEntity"
    assert refused(story.partner.associate_delegation_request, **ours)[0] == "NoSuchEntity"
    assert story.iam.list_delegation_requests()["DelegationRequests"] == []
    ann = story.world.user("ann", allow("iam:AssociateDelegationRequest"))
    assert refused(ann.get_delegation_request, **ours)[0] == "AccessDenied"
    ann.associate_delegation_request(**ours)
    assert ann.get_delegation_request(**ours)["DelegationRequest"]["OwnerId"] == f"{ARN}:user/ann"
    ann.update_delegation_request(**ours)
    assert refused(ann.accept_delegation_request, **ours)[0] == "AccessDenied"
    bob = story.world.user("bob")
    assert refused(bob.update_delegation_request, **ours)[0] == "AccessDenied"
    story.iam.associate_delegation_request(**anyones)
    listed = story.iam.list_delegation_requests()["DelegationRequests"]
    assert len(listed) == 2
    of_ann = story.iam.list_delegation_requests(OwnerId=f"{ARN}:user/ann")["DelegationRequests"]
    assert [each["DelegationRequestId"] for each in of_ann] == list(ours.values())
    assert story.partner.list_delegation_requests()["DelegationRequests"] == []


def test_permission_goes_by_the_owner_of_a_request(story: Story) -> None:
    condition = {"StringEquals": {"iam:DelegationRequestOwner": f"{ARN}:user/ann"}}
    ann = story.world.user("ann", allow("iam:AssociateDelegationRequest"))
    bob = story.world.user(
        "bob", allow(["iam:AcceptDelegationRequest", "iam:ListDelegationRequests"], Condition=condition)
    )
    annas = {"DelegationRequestId": story.ask()}
    others = {"DelegationRequestId": story.ask(RequestorWorkflowId="workflow-2")}
    ann.associate_delegation_request(**annas)
    story.iam.associate_delegation_request(**others)
    assert refused(bob.accept_delegation_request, **others)[0] == "AccessDenied"
    bob.accept_delegation_request(**annas)
    assert refused(bob.list_delegation_requests)[0] == "AccessDenied"
    assert len(bob.list_delegation_requests(OwnerId=f"{ARN}:user/ann")["DelegationRequests"]) == 1


def test_only_the_owner_sends_what_only_the_owner_may(story: Story) -> None:
    it = {"DelegationRequestId": story.ask(OnlySendByOwner=True)}
    ann = story.world.user("ann", allow("iam:*Delegation*"))
    ann.associate_delegation_request(**it)
    story.iam.accept_delegation_request(**it)
    assert refused(story.iam.send_delegation_token, **it)[0] == "AccessDenied"
    ann.send_delegation_token(**it)
    token = story.notices()[-1][1]
    ours = story.world.client("sts")
    assert refused(ours.get_delegated_access_token, TradeInToken=token)[0] == "AccessDenied"
    assert story.trade(token)["Credentials"]


def test_a_summary_says_what_is_asked_for(story: Story) -> None:
    request = story.ask(OwnerAccountId=ACCOUNT)
    arn = f"{ARN}:delegation-request/{request}"
    told = story.iam.get_human_readable_summary(EntityArn=arn)
    assert told["SummaryState"] == "AVAILABLE"
    assert told["SummaryContent"].splitlines() == [
        f"Acme (account {OTHER_ACCOUNT}) asks for access for 1 h: Set things up",
        "Allow iam:CreateRole.",
        "Allow iam:List*.",
        f"Roles that it makes are bounded by {BOUNDARY}.",
    ]
    french = story.iam.get_human_readable_summary(EntityArn=arn, Locale="fr-FR")
    assert (french["SummaryState"], "SummaryContent" in french) == ("NOT_SUPPORTED", False)
    theirs = f"arn:aws:iam::{OTHER_ACCOUNT}:delegation-request/{request}"
    assert refused(story.iam.get_human_readable_summary, EntityArn=theirs)[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"NotificationChannel": "arn:aws:sqs:us-east-1:1:q"}, "SNS topic"),
        ({"Permissions": {"Parameters": PARAMETERS}}, "must name a policy template"),
        ({"Permissions": {"PolicyTemplateArn": "x" * 20}}, "is not valid"),
        ({"Permissions": {"PolicyTemplateArn": template_arn(ACCOUNT, "setup")}}, "cannot be found"),
        ({"Permissions": {"PolicyTemplateArn": template_arn(OTHER_ACCOUNT, "other")}}, "cannot be found"),
    ],
)
def test_what_no_request_can_be_made_of_is_refused(story: Story, changes: dict[str, Any], says: str) -> None:
    code, message, status = refused(story.partner.create_delegation_request, **{**NEW, **changes})
    assert (code, status) == ("InvalidInput", 400)
    assert says in message


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        (PARAMETERS[:1], "Resources is missing"),
        (
            [*PARAMETERS, {"Name": "More-", "Values": ["x"], "Type": "string"}],
            "is not in the policy template",
        ),
        ([*PARAMETERS, PARAMETERS[0]], "more than once"),
        ([PARAMETERS[0], {**PARAMETERS[1], "Type": "string"}], "exactly one value"),
        ([{**PARAMETERS[0], "Type": "stringList"}, PARAMETERS[1]], "can not be part of a text"),
        ([PARAMETERS[0], {**PARAMETERS[1], "Values": ["no arn"]}], "no valid policy"),
    ],
)
def test_parameters_that_do_not_fit_the_template_are_refused(
    story: Story, parameters: list[dict[str, Any]], says: str
) -> None:
    permissions = {**NEW["Permissions"], "Parameters": parameters}
    told = refused(story.partner.create_delegation_request, **{**NEW, "Permissions": permissions})
    assert told[0] == "InvalidInput"
    assert says in told[1]


def test_a_workflow_has_one_request_and_nobody_else_is_a_partner(story: Story) -> None:
    story.ask()
    told = refused(story.partner.create_delegation_request, **NEW)
    assert told == (
        "EntityAlreadyExists",
        "A delegation request for workflow workflow-1 already exists.",
        409,
    )
    assert refused(story.iam.create_delegation_request, **NEW)[::2] == ("AccessDenied", 403)
