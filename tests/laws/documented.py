"""What AWS's documentation says of the language and the layers, as cases: the rule, its page, a request, the answer.

Each case is a line of ``tabard evaluate``; both the engine and the reference must give the page's answer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Json = dict[str, Any]

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
LOGIC = GUIDE + "reference_policies_evaluation-logic_policy-eval-denyallow.html"
BASICS = GUIDE + "reference_policies_evaluation-logic_policy-eval-basics.html"
CROSS = GUIDE + "reference_policies_evaluation-logic-cross-account.html"
BOUNDARIES = GUIDE + "access_policies_boundaries.html"
SESSIONS = GUIDE + "access_policies.html#policies_session"
PRINCIPAL = GUIDE + "reference_policies_elements_principal.html"
NOT_PRINCIPAL = GUIDE + "reference_policies_elements_notprincipal.html"
ACTION = GUIDE + "reference_policies_elements_action.html"
NOT_ACTION = GUIDE + "reference_policies_elements_notaction.html"
RESOURCE = GUIDE + "reference_policies_elements_resource.html"
NOT_RESOURCE = GUIDE + "reference_policies_elements_notresource.html"
OPERATORS = GUIDE + "reference_policies_elements_condition_operators.html"
KEYS = GUIDE + "reference_policies_elements_condition.html"
SETS = GUIDE + "reference_policies_condition-single-vs-multi-valued-context-keys.html"
NEGATED = GUIDE + "reference_policies_condition-logic-multiple-context-keys-or-values.html"
VARIABLES = GUIDE + "reference_policies_variables.html"
VERSION = GUIDE + "reference_policies_elements_version.html"
SCPS = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html"
SCP_SCOPE = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html"
RCPS = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html"
ENDPOINTS = "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"

YES, NO, NEVER = "Allowed", "ImplicitlyDenied", "ExplicitlyDenied"
HOME, AWAY = "111122223333", "444455556666"
USER = f"arn:aws:iam::{HOME}:user/ana"
ROLE = f"arn:aws:iam::{HOME}:role/app"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/app/run"
ROOT = f"arn:aws:iam::{HOME}:root"
GUEST = f"arn:aws:sts::{HOME}:federated-user/guest"
LINKED = f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForX/run"
LINKED_ROLE = f"arn:aws:iam::{HOME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
OBJECT = "arn:aws:s3:::amzn-s3-demo-bucket/key"


class Case(NamedTuple):
    """A rule in one sentence, the page that states it, the request and the answer."""

    rule: str
    page: str
    line: Json
    expected: str


def doc(*statements: Json, version: str = "2012-10-17") -> Json:
    return {"Version": version, "Statement": list(statements)}


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> Json:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def to(who: Any, **more: Any) -> Json:
    """A bucket policy that grants to somebody."""
    return doc(allow("s3:*", "*", Principal=who, **more))


def ask(principal: Any = USER, **more: Any) -> Json:
    return {
        "principal": principal,
        "action": "s3:GetObject",
        "resource": OBJECT,
        "resourceAccount": HOME,
        **more,
    }


def has(*statements: Json, **more: Any) -> Json:
    """A user whose identity policy has these statements."""
    return ask(identityPolicies=[doc(*statements)], **more)


def when(operator: str, key: str, values: Any, found: Any = None, **more: Any) -> Json:
    """A user who may do everything under one condition; ``found`` is the request's value, None where it has none."""
    context = {} if found is None else {key: found}
    return has(allow(Condition={operator: {key: values}}), context=context | more)


FULL, NONE = doc(allow()), doc(allow("iam:ListUsers"))
ROLE_ARN_OF = {"aws:PrincipalArn": LINKED_ROLE}
TRUSTED = f"arn:aws:iam::{HOME}:role/wanted"


def trust(principal: Any, named: Any, *, identity: bool, **more: Any) -> Json:
    grant = {"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole"}
    line = {
        "principal": principal,
        "action": "sts:AssumeRole",
        "resource": TRUSTED,
        "resourcePolicy": doc(grant),
    }
    return line | {"identityPolicies": [FULL] if identity else []} | more


LAYERS = [
    Case("By default, requests are implicitly denied", LOGIC, ask(), NO),
    Case("By default, the account's root is allowed", LOGIC, ask(ROOT), YES),
    Case("An explicit allow overrides the default", LOGIC, has(allow()), YES),
    Case("An explicit deny overrides any allow", LOGIC, has(allow(), deny("s3:Get*")), NEVER),
    Case(
        "Within an account a user's or a resource's policy is enough",
        BASICS,
        ask(resourcePolicy=to("*")),
        YES,
    ),
    Case(
        "A deny in the resource policy overrides",
        BASICS,
        has(allow(), resourcePolicy=doc(deny(Principal="*"))),
        NEVER,
    ),
    Case(
        "A resource policy's deny binds root",
        LOGIC,
        ask(ROOT, resourcePolicy=doc(deny(Principal="*"))),
        NEVER,
    ),
    Case("Identity policies do not bind root", LOGIC, ask(ROOT, identityPolicies=[doc(deny())]), YES),
    Case(
        "A boundary limits what identity policies allow",
        BOUNDARIES,
        has(allow(), permissionBoundaries=[NONE]),
        NO,
    ),
    Case("A boundary grants nothing", BOUNDARIES, ask(permissionBoundaries=[FULL]), NO),
    Case(
        "A boundary's deny wins", BOUNDARIES, has(allow(), permissionBoundaries=[doc(allow(), deny())]), NEVER
    ),
    Case(
        "A grant to a user's ARN is not limited by an implicit deny in its boundary",
        LOGIC,
        ask(permissionBoundaries=[NONE], resourcePolicy=to({"AWS": USER})),
        YES,
    ),
    Case(
        "A grant to a role's ARN is limited by an implicit deny in its boundary",
        LOGIC,
        ask(SESSION, permissionBoundaries=[NONE], resourcePolicy=to({"AWS": ROLE})),
        NO,
    ),
    Case(
        "A grant to a role's ARN is limited by an implicit deny in the session policy",
        LOGIC,
        ask(SESSION, sessionPolicy=NONE, resourcePolicy=to({"AWS": ROLE})),
        NO,
    ),
    Case(
        "A grant to a role's ARN needs no identity policy",
        LOGIC,
        ask(SESSION, resourcePolicy=to({"AWS": ROLE})),
        YES,
    ),
    Case(
        "A grant to a session's ARN is not limited by implicit denies",
        LOGIC,
        ask(SESSION, sessionPolicy=NONE, permissionBoundaries=[NONE], resourcePolicy=to({"AWS": SESSION})),
        YES,
    ),
    Case(
        "Principal * narrowed by aws:PrincipalArn is not limited by implicit denies",
        LOGIC,
        ask(
            SESSION,
            sessionPolicy=NONE,
            permissionBoundaries=[NONE],
            context={"aws:PrincipalArn": ROLE},
            resourcePolicy=to("*", Condition={"ArnEquals": {"aws:PrincipalArn": ROLE}}),
        ),
        YES,
    ),
    Case(
        "A grant to a federated user's ARN is not limited by implicit denies",
        LOGIC,
        ask(GUEST, sessionPolicy=NONE, resourcePolicy=to({"AWS": GUEST})),
        YES,
    ),
    Case("A session policy limits", SESSIONS, ask(SESSION, identityPolicies=[FULL], sessionPolicy=NONE), NO),
    Case("A session policy grants nothing", SESSIONS, ask(SESSION, sessionPolicy=FULL), NO),
    Case(
        "What both allow is allowed", SESSIONS, ask(SESSION, identityPolicies=[FULL], sessionPolicy=FULL), YES
    ),
    Case("A grant to the account delegates only", PRINCIPAL, ask(resourcePolicy=to({"AWS": HOME})), NO),
    Case("What is delegated is then granted", PRINCIPAL, has(allow(), resourcePolicy=to({"AWS": ROOT})), YES),
    Case("Across accounts both must allow: identity only", CROSS, has(allow(), resourceAccount=AWAY), NO),
    Case(
        "Across accounts both must allow: resource only",
        CROSS,
        ask(resourceAccount=AWAY, resourcePolicy=to("*")),
        NO,
    ),
    Case(
        "Across accounts both must allow: both",
        CROSS,
        has(allow(), resourceAccount=AWAY, resourcePolicy=to({"AWS": HOME})),
        YES,
    ),
    Case(
        "Across accounts a boundary limits even what is granted to the session",
        CROSS,
        ask(
            SESSION,
            identityPolicies=[FULL],
            permissionBoundaries=[NONE],
            resourceAccount=AWAY,
            resourcePolicy=to({"AWS": SESSION}),
        ),
        NO,
    ),
    Case("Across accounts root needs a grant", CROSS, ask(ROOT, resourceAccount=AWAY), NO),
    Case(
        "Across accounts root needs only a grant",
        CROSS,
        ask(ROOT, resourceAccount=AWAY, resourcePolicy=to({"AWS": HOME})),
        YES,
    ),
    Case(
        "Everyone includes anonymous callers",
        PRINCIPAL,
        ask({"type": "Anonymous"}, resourcePolicy=to("*")),
        YES,
    ),
    Case(
        '{"AWS": "*"} means the same as "*"',
        PRINCIPAL,
        ask({"type": "Anonymous"}, resourcePolicy=to({"AWS": "*"})),
        YES,
    ),
    Case(
        "Anonymous callers are not of an account",
        PRINCIPAL,
        ask({"type": "Anonymous"}, resourcePolicy=to({"AWS": HOME})),
        NO,
    ),
    Case(
        "A service is named by its principal",
        PRINCIPAL,
        ask({"service": "logs.amazonaws.com"}, resourcePolicy=to({"Service": "logs.amazonaws.com"})),
        YES,
    ),
    Case(
        "Another service is not",
        PRINCIPAL,
        ask({"service": "sns.amazonaws.com"}, resourcePolicy=to({"Service": ["logs.amazonaws.com"]})),
        NO,
    ),
    Case("SCPs must allow", SCPS, has(allow(), scps=[[NONE]]), NO),
    Case("SCPs grant nothing", SCPS, ask(scps=[[FULL]]), NO),
    Case("SCPs must allow at every level", SCPS, has(allow(), scps=[[FULL], [NONE], [FULL]]), NO),
    Case("One of a level's SCPs is enough", SCPS, has(allow(), scps=[[FULL], [NONE, FULL]]), YES),
    Case(
        "A deny at any level is inherited",
        SCPS,
        has(allow(), scps=[[FULL, doc(deny("s3:*"))], [FULL]]),
        NEVER,
    ),
    Case("SCPs bind root users of member accounts", SCP_SCOPE, ask(ROOT, scps=[[NONE]]), NO),
    Case(
        "SCPs do not bind service-linked roles",
        SCP_SCOPE,
        ask(LINKED, identityPolicies=[FULL], scps=[[NONE], [doc(deny())]], context=ROLE_ARN_OF),
        YES,
    ),
    Case(
        "RCPs do not bind service-linked roles",
        RCPS,
        ask(LINKED, identityPolicies=[FULL], rcps=[[doc(deny(Principal="*"))]], context=ROLE_ARN_OF),
        YES,
    ),
    Case("RCPs deny", RCPS, has(allow(), rcps=[[doc(deny("s3:*", Principal="*"))]]), NEVER),
    Case("RCPs bind root", RCPS, ask(ROOT, rcps=[[doc(deny("s3:*", Principal="*"))]]), NEVER),
    Case(
        "RCPs bind callers from outside",
        RCPS,
        ask({"type": "Anonymous"}, resourcePolicy=to("*"), rcps=[[doc(deny(Principal="*"))]]),
        NEVER,
    ),
    Case("RCPFullAWSAccess is implied", RCPS, has(allow(), rcps=[[doc(deny("kms:*", Principal="*"))]]), YES),
    Case(
        "An endpoint policy must allow",
        ENDPOINTS,
        has(allow(), endpointPolicies=[doc(allow("ec2:*", Principal="*"))]),
        NO,
    ),
    Case("An endpoint policy grants nothing", ENDPOINTS, ask(endpointPolicies=[to("*")]), NO),
    Case("Through an endpoint that allows", ENDPOINTS, has(allow(), endpointPolicies=[to("*")]), YES),
    Case(
        "An endpoint policy naming an account means its root",
        ENDPOINTS,
        has(allow(), endpointPolicies=[to({"AWS": HOME})]),
        NO,
    ),
    Case(
        "A role must be trusted: identity is not enough",
        BASICS,
        trust(USER, {"AWS": AWAY}, identity=True),
        NO,
    ),
    Case("A trusted user needs no identity policy", BASICS, trust(USER, {"AWS": USER}, identity=False), YES),
    Case("A trusted account delegates", BASICS, trust(USER, {"AWS": HOME}, identity=False), NO),
    Case(
        "A trusted account's user with a policy may assume",
        BASICS,
        trust(USER, {"AWS": HOME}, identity=True),
        YES,
    ),
    Case(
        "A trusted service may assume",
        PRINCIPAL,
        trust({"service": "ec2.amazonaws.com"}, {"Service": "ec2.amazonaws.com"}, identity=False),
        YES,
    ),
    Case(
        "A user is not the service that is trusted",
        PRINCIPAL,
        trust(USER, {"Service": "ec2.amazonaws.com"}, identity=True),
        NO,
    ),
    Case(
        "Another account's user needs trust and policy",
        CROSS,
        trust(f"arn:aws:iam::{AWAY}:user/eva", {"AWS": f"arn:aws:iam::{AWAY}:user/eva"}, identity=False),
        NO,
    ),
]
