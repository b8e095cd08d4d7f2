"""A decision as the pipeline asks for it: callers, linked sets, explanations and messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tabard.core.caller import ANONYMOUS, Caller
from tabard.policy import (
    Context,
    Decision,
    Kind,
    Layers,
    Outcome,
    PolicySet,
    Request,
    Source,
    compile,  # noqa: A004 # the verb of the field
    decide,
    denial_message,
    explain,
    link,
    parse,
)
from tabard.policy.grammar import Dialect

if TYPE_CHECKING:
    from tabard.policy.document import Document

ACCOUNT = "111122223333"
ANA = f"arn:aws:iam::{ACCOUNT}:user/ana"
USER = Caller("User", ACCOUNT, ANA, ANA, "AIDAANA", "AIDAANA", "ana")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
SESSION = Caller(
    "AssumedRole",
    ACCOUNT,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/app/run",
    ROLE,
    "AROAAPP:run",
    "AROAAPP",
    "app",
    "run",
)
OBJECT = "arn:aws:s3:::b/k"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/P"


def document(kind: Kind, *statements: dict[str, Any]) -> Document:
    return parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), kind, Dialect.EVALUATE)


def policies(kind: Kind, *statements: dict[str, Any], arn: str = POLICY) -> PolicySet:
    return link([compile(document(kind, *statements), Source(kind, arn, "P", "v1"))])


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "*"} | more


def deny(**more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "s3:*", "Resource": "*"} | more


def request(
    caller: Caller = USER, action: str = "s3:GetObject", resource: str = OBJECT, **more: Any
) -> Request:
    return Request(caller, action, resource, ACCOUNT, Context(more.pop("context", {})), **more)


def identity(*statements: dict[str, Any]) -> Layers:
    return Layers(identity=policies(Kind.IDENTITY, *statements))


def twice(asked: Request, layers: Layers) -> Decision:
    """The decision, which is the same before and after the index is made."""
    first = decide(asked, layers)
    assert decide(asked, layers).outcome is first.outcome
    assert decide(asked, layers).outcome is first.outcome
    return first


def test_a_decision_names_the_statement_that_allowed() -> None:
    decision = twice(request(), identity(allow(Action="ec2:*"), allow(Sid="Objects")))
    assert decision.allowed
    assert decision.layer is Kind.IDENTITY
    (statement,) = decision.statements
    assert (statement.source.arn, statement.source.version_id, statement.index, statement.sid) == (
        POLICY,
        "v1",
        1,
        "Objects",
    )


def test_a_decision_names_the_statement_that_denied() -> None:
    decision = twice(request(), identity(allow(), deny(Sid="No")))
    assert decision.outcome is Outcome.EXPLICITLY_DENIED
    assert [statement.sid for statement in decision.statements] == ["No"]


def test_root_needs_no_policy() -> None:
    root = Caller(
        "Root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, ACCOUNT
    )
    assert twice(request(root), Layers()).allowed
    assert twice(request(root), Layers(identity=policies(Kind.IDENTITY, deny()))).allowed
    assert not twice(request(root), Layers(resource=policies(Kind.RESOURCE, deny(Principal="*")))).allowed


def test_principals_are_named_by_their_unique_ids_too() -> None:
    by_id = policies(Kind.RESOURCE, allow(Principal={"AWS": "AROAAPP"}))
    again = Caller("AssumedRole", ACCOUNT, SESSION.arn, ROLE, "AROANEW:run", "AROANEW", "app", "run")
    assert twice(request(SESSION), Layers(resource=by_id)).allowed
    assert not twice(request(again), Layers(resource=by_id)).allowed


def test_a_role_with_a_path_is_named_by_its_arn_alone() -> None:
    named = policies(Kind.RESOURCE, allow(Principal={"AWS": ROLE}))
    pathless = policies(Kind.RESOURCE, allow(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}))
    assert twice(request(SESSION), Layers(resource=named)).allowed
    assert not twice(request(SESSION), Layers(resource=pathless)).allowed


def test_a_token_from_a_provider_meets_federated_principals() -> None:
    provider = "arn:aws:iam::111122223333:oidc-provider/token.example.com"
    grant = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": provider},
    }
    trust = Layers(resource=policies(Kind.TRUST, grant))
    asked = request(ANONYMOUS, "sts:AssumeRoleWithWebIdentity", ROLE, provider=provider)
    assert twice(asked, trust).allowed
    asked = request(ANONYMOUS, "sts:AssumeRoleWithWebIdentity", ROLE, provider=provider + "2")
    assert twice(asked, trust).layer is Kind.TRUST


def test_a_canonical_user_is_an_account() -> None:
    grant = policies(Kind.RESOURCE, allow(Principal={"CanonicalUser": "abc"}))
    layers = Layers(identity=policies(Kind.IDENTITY, allow()), resource=grant)
    asked = Request(USER, "s3:GetObject", OBJECT, "444455556666", Context(), canonical_id="abc")
    assert twice(asked, layers).allowed
    asked = Request(USER, "s3:GetObject", OBJECT, "444455556666", Context(), canonical_id="abd")
    assert twice(asked, layers).layer is Kind.RESOURCE


def test_a_federated_session_without_a_policy_may_nothing() -> None:
    guest = Caller(
        "FederatedUser", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:federated-user/g", ANA, f"{ACCOUNT}:g", "AIDAANA"
    )
    layers = Layers(identity=policies(Kind.IDENTITY, allow()), session=link(()))
    assert twice(request(guest), layers).layer is Kind.SESSION


def test_values_are_fetched_only_when_a_policy_asks() -> None:
    asked: list[str] = []

    def team() -> str:
        asked.append("team")
        return "blue"

    context: dict[str, Any] = {"aws:PrincipalTag/Team": team}
    assert twice(request(context=dict(context)), identity(allow())).allowed
    assert asked == []
    condition = {"StringEquals": {"aws:principaltag/team": "blue"}}
    conditioned = request(context=dict(context))
    assert twice(conditioned, identity(allow(Condition=condition))).allowed
    assert asked == ["team"]


def test_families_are_read_once_and_only_when_asked() -> None:
    reads: list[int] = []

    def tags() -> dict[str, str]:
        reads.append(1)
        return {"Team": "blue", "Stage": "prod"}

    context = Context({}, {"aws:ResourceTag/": tags})
    assert context.lookup("aws:username") is None
    assert not reads
    assert context.lookup("aws:resourcetag/team") == "blue"
    assert context.lookup("aws:resourcetag/none") is None
    assert context.keys() == ["aws:resourcetag/stage", "aws:resourcetag/team"]
    assert len(reads) == 1


def test_an_explanation_tells_what_nearly_matched() -> None:
    layers = identity(
        allow(Sid="Other", Resource="arn:aws:s3:::other/*"),
        allow(
            Sid="Team",
            Condition={"StringEquals": {"aws:PrincipalTag/team": "${aws:username}", "a:b": ["c", "d"]}},
        ),
        allow(
            Sid="Far", Resource="arn:aws:s3:::other/*", Condition={"Bool": {"aws:SecureTransport": "true"}}
        ),
        allow(Sid="Elsewhere", Action="ec2:*"),
    )
    asked = request(context={"aws:username": "ana", "aws:PrincipalTag/team": "blue", "a:b": "c"})
    explanation = explain(asked, layers)
    assert explanation.decision == decide(asked, layers)
    assert explanation.matches == ()
    resource, condition = explanation.near_misses
    assert (resource.statement.sid, resource.element, resource.expected, resource.found) == (
        "Other",
        "Resource",
        ("arn:aws:s3:::other/*",),
        (OBJECT,),
    )
    assert (condition.statement.sid, condition.element, condition.operator, condition.key) == (
        "Team",
        "Condition",
        "StringEquals",
        "aws:PrincipalTag/team",
    )
    assert (condition.expected, condition.found) == (("ana",), ("blue",))


def test_an_explanation_tells_who_was_meant() -> None:
    layers = Layers(resource=policies(Kind.RESOURCE, allow(Principal={"AWS": ROLE})))
    (miss,) = explain(request(), layers).near_misses
    assert (miss.layer, miss.element, miss.expected, miss.found) == (
        Kind.RESOURCE,
        "Principal",
        (ROLE,),
        (ANA,),
    )


def test_an_explanation_lists_every_match() -> None:
    layers = Layers(
        identity=policies(Kind.IDENTITY, allow(), allow(), deny()), boundary=policies(Kind.BOUNDARY, allow())
    )
    found = [(match.layer, match.effect) for match in explain(request(), layers).matches]
    assert found == [(Kind.IDENTITY, "Allow")] * 2 + [(Kind.IDENTITY, "Deny"), (Kind.BOUNDARY, "Allow")]


NOT = f"User: {ANA} is not authorized to perform: "
MESSAGES = [
    (
        identity(allow(Action="ec2:*")),
        "s3:GetObject",
        OBJECT,
        f'{NOT}s3:GetObject on resource: "{OBJECT}" because no identity-based policy allows the s3:GetObject action',
    ),
    (
        identity(allow(Action="ec2:*")),
        "s3:ListAllMyBuckets",
        "*",
        f"{NOT}s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action",
    ),
    (
        identity(deny(Action="iam:*")),
        "iam:GetUser",
        ANA,
        f"{NOT}iam:GetUser on resource: {ANA} with an explicit deny in an identity-based policy: {POLICY}",
    ),
    (
        Layers(
            identity=policies(Kind.IDENTITY, allow(Action="*")), boundary=policies(Kind.BOUNDARY, allow())
        ),
        "iam:GetUser",
        ANA,
        f"{NOT}iam:GetUser on resource: {ANA} because no permissions boundary allows the iam:GetUser action",
    ),
    (
        Layers(identity=policies(Kind.IDENTITY, allow(Action="*")), session=policies(Kind.SESSION, allow())),
        "iam:GetUser",
        ANA,
        f"{NOT}iam:GetUser on resource: {ANA} because no session policy allows the iam:GetUser action",
    ),
    (
        Layers(
            identity=policies(Kind.IDENTITY, allow(Action="*")),
            scps=(policies(Kind.SCP, deny(Action="*"), arn=""),),
        ),
        "iam:GetUser",
        ANA,
        f"{NOT}iam:GetUser on resource: {ANA} with an explicit deny in a service control policy",
    ),
    (
        Layers(identity=policies(Kind.IDENTITY, allow(Action="*")), scps=(link(()),)),
        "iam:GetUser",
        ANA,
        f"{NOT}iam:GetUser on resource: {ANA} because no service control policy allows the iam:GetUser action",
    ),
    (
        Layers(
            identity=policies(Kind.IDENTITY, allow(Action="*")),
            endpoint=policies(Kind.ENDPOINT, allow(Principal="*", Action="ec2:*")),
        ),
        "iam:GetUser",
        ANA,
        f"{NOT}iam:GetUser on resource: {ANA} because no VPC endpoint policy allows the iam:GetUser action",
    ),
    (
        Layers(identity=policies(Kind.IDENTITY, allow(Action="*")), resource=link((), explicit=True)),
        "sts:AssumeRole",
        ROLE,
        f"{NOT}sts:AssumeRole on resource: {ROLE}",
    ),
    (
        Layers(resource=policies(Kind.TRUST, deny(Action="sts:*", Principal="*"), arn="")),
        "sts:AssumeRole",
        ROLE,
        f"{NOT}sts:AssumeRole on resource: {ROLE} with an explicit deny in the role trust policy",
    ),
]


@pytest.mark.parametrize(("layers", "action", "resource", "message"), MESSAGES)
def test_denials_are_told_in_aws_words(layers: Layers, action: str, resource: str, message: str) -> None:
    asked = request(action=action, resource=resource)
    assert denial_message(decide(asked, layers), asked) == message


def test_another_accounts_policy_is_named_only_within_the_organisation() -> None:
    arn = "arn:aws:organizations::987654321098:policy/o-example/service_control_policy/p-example"
    layers = Layers(identity=policies(Kind.IDENTITY, allow()), scps=(policies(Kind.SCP, deny(), arn=arn),))
    decision = decide(request(), layers)
    assert denial_message(decision, request()).endswith("in a service control policy")
    assert denial_message(decision, request(), same_organization=True).endswith(f"policy: {arn}")
