"""From text to a ``Document``, refusing what IAM refuses, in IAM's order and words.

The order matters to anyone who compares messages: first the shape of the whole document, then its version,
then what AWS calls legacy parsing (effects in the wrong case, half-written ARNs, dates), then statement ids,
then what is missing, then resources, then actions. It was derived from recorded answers
(tests/vectors/policy).
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from tabard.policy.attached_grammar import check_bucket_policy, check_trust_policy
from tabard.policy.document import Condition, Document, Kind, Principal, Statement
from tabard.policy.errors import PolicyError, malformed, malformed_bucket_policy
from tabard.policy.json_text import Json, JsonError, read
from tabard.policy.operators import is_operator
from tabard.policy.values import parse_date

if TYPE_CHECKING:
    from collections.abc import Iterator

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
VERSIONS = ("2008-10-17", "2012-10-17")
_STATEMENT_KEYS = frozenset(
    (
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    )
)
_OPPOSITES = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_ONLY_TEXTS = frozenset((str,))
_PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")
_WITHOUT_PRINCIPAL = frozenset((Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION, Kind.SCP))
_VENDOR = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_SID = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_PARTITIONS = frozenset(
    ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc", "*")
)
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)


class Dialect(Enum):
    """Whose words a refusal is in; ``EVALUATE`` takes what could once have been stored."""

    IAM = "iam"
    S3 = "s3"
    EVALUATE = "evaluate"


def parse(text: str, kind: Kind, dialect: Dialect = Dialect.IAM) -> Document:
    """Read a policy document of one kind; raises ``PolicyError`` with AWS's code and message."""
    return document_of(_load(text, dialect, kind), text, kind, dialect)


def document_of(value: Json, text: str, kind: Kind, dialect: Dialect) -> Document:
    """A ``Document`` from JSON that was read already; ``text`` is kept with it."""
    if dialect is Dialect.S3:
        check_bucket_policy(value)
    elif dialect is Dialect.IAM and kind is Kind.TRUST:
        check_trust_policy(value)
    document = _Shape(kind, text, lenient=dialect is Dialect.EVALUATE).document(value)
    if dialect is Dialect.IAM:
        _check_content(document, kind)
    elif dialect is Dialect.EVALUATE:
        _check_stored(document, kind)
    return document


def _load(text: str, dialect: Dialect, kind: Kind) -> Json:
    if dialect is Dialect.S3 and not text.startswith("{"):
        raise malformed_bucket_policy("Policies must be valid JSON and the first byte must be '{'")
    if dialect is Dialect.IAM and text[:1].isspace():
        raise malformed("JSON strings must not have leading spaces")
    try:
        return read(text)
    except JsonError:
        if dialect is Dialect.S3:
            raise malformed_bucket_policy(
                "Policies must be valid JSON and the first byte must be '{'"
            ) from None
        raise malformed("This policy contains invalid Json" if kind is Kind.TRUST else SYNTAX) from None


class _Shape:
    """Builds the document and refuses whatever is not of its shape."""

    def __init__(self, kind: Kind, text: str, *, lenient: bool) -> None:
        self.kind = kind
        self.text = text
        self.lenient = lenient

    def document(self, value: Json) -> Document:
        if not isinstance(value, dict) or not value.keys() <= {"Version", "Id", "Statement"}:
            raise malformed(SYNTAX)
        version = value.get("Version", "2008-10-17")
        identifier = value.get("Id", "")
        statements = value.get("Statement")
        if version not in VERSIONS or not isinstance(identifier, str):
            raise malformed(SYNTAX)
        if isinstance(statements, dict):
            statements = [statements]
        if not isinstance(statements, list) or not (statements or self.lenient):
            raise malformed(SYNTAX)
        built = tuple([self.statement(index, each) for index, each in enumerate(statements)])
        return Document(self.kind, version, identifier, built, self.text)

    def statement(self, index: int, value: Json) -> Statement:
        if not isinstance(value, dict) or not value.keys() <= _STATEMENT_KEYS:
            raise malformed(SYNTAX)
        for element, opposite in _OPPOSITES:
            if element in value and opposite in value:
                raise malformed(SYNTAX)
        sid = value.get("Sid", "")
        effect = value.get("Effect")
        if not isinstance(sid, str) or not isinstance(effect, str) or effect.lower() not in {"allow", "deny"}:
            raise malformed(SYNTAX)
        return Statement(
            index=index,
            sid=sid,
            effect=effect,  # type: ignore[arg-type] # the exact case is checked with the content
            principals=_principals(value, "Principal", lenient=self.lenient),
            not_principals=_principals(value, "NotPrincipal", lenient=self.lenient),
            actions=_strings(value, "Action"),
            not_actions=_strings(value, "NotAction"),
            resources=_strings(value, "Resource"),
            not_resources=_strings(value, "NotResource"),
            conditions=_conditions(value["Condition"]) if "Condition" in value else (),
        )


def _strings(value: dict[str, Json], key: str) -> tuple[str, ...] | None:
    if key not in value:
        return None
    member = value[key]
    if isinstance(member, str):
        return (member,)
    if not isinstance(member, list) or not _ONLY_TEXTS.issuperset(map(type, member)):
        raise malformed(SYNTAX)
    return tuple(member)


def _principals(value: dict[str, Json], key: str, *, lenient: bool) -> tuple[Principal, ...] | None:
    if key not in value:
        return None
    member = value[key]
    if isinstance(member, str):
        if member == "*":
            return (Principal("*", "*"),)
        if not lenient:
            raise malformed(SYNTAX)
        member = {"AWS": member}
    if not isinstance(member, dict) or not member:
        raise malformed(SYNTAX)
    result: list[Principal] = []
    for name in member:
        if name not in _PRINCIPAL_TYPES:
            raise malformed(SYNTAX)
        for each in _strings(member, name) or ():
            result.append(Principal("*" if name == "AWS" and each == "*" else name, each))  # noqa: PERF401 # clearer
    return tuple(result)


def _conditions(block: Json) -> tuple[Condition, ...]:
    if not isinstance(block, dict):
        raise malformed(SYNTAX)
    result: list[Condition] = []
    for operator, keys in block.items():
        if not isinstance(keys, dict):
            raise malformed(SYNTAX)
        if keys and not is_operator(operator):
            raise malformed(SYNTAX)
        for key, values in keys.items():
            result.append(Condition(operator, key, _scalars(values)))
    return tuple(result)


def _scalars(values: Json) -> tuple[str, ...]:
    if isinstance(values, str):
        return (values,)
    if not isinstance(values, list):
        values = [values]
    elif _ONLY_TEXTS.issuperset(map(type, values)):
        return tuple(values)
    return tuple([_scalar(each) for each in values])


def _scalar(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    raise malformed(SYNTAX)


def _check_content(document: Document, kind: Kind) -> None:
    statements = document.statements
    if kind in _WITHOUT_PRINCIPAL and document.version != "2012-10-17":
        raise malformed("Policy document must be version 2012-10-17 or greater.")
    for statement in statements:
        _legacy_parse(statement)
    sids = [statement.sid for statement in statements if statement.sid]
    if len(set(sids)) != len(sids):
        raise malformed("Statement IDs (SID) in a single policy must be unique.")
    for sid in sids:
        if kind is not Kind.RESOURCE and not _SID.fullmatch(sid):
            raise malformed(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
                "expression [0-9A-Za-z]*"
            )
    if kind in _WITHOUT_PRINCIPAL:
        _check_permissions(statements)
    elif kind is Kind.TRUST:
        _check_trust(statements)
    else:
        _check_resource_based(statements)


def _check_stored(document: Document, kind: Kind) -> None:
    """What no policy lacks: version 2008-10-17 is fine, and nobody looks whether ARNs are well formed."""
    for statement in document.statements:
        if statement.effect not in {"Allow", "Deny"}:
            raise malformed(LEGACY)
        if not _actions(statement):
            raise malformed("Policy statement must contain actions.")
        if kind is not Kind.TRUST and not _resources(statement):
            raise malformed("Policy statement must contain resources.")


def _legacy_parse(statement: Statement) -> None:
    if statement.effect not in {"Allow", "Deny"}:
        raise malformed(LEGACY)
    for resource in _resources(statement):
        parts = resource.split(":")
        if (
            len(parts) > 2
            and parts[1] in _PARTITIONS
            and (not parts[2] or (len(parts) < 6 and "::" in resource))
        ):
            raise malformed(LEGACY)
    for condition in statement.conditions:
        operator = condition.operator.rpartition(":")[2]
        if operator.startswith("Date"):
            for value in condition.values:
                if parse_date(value) is None:
                    raise malformed(LEGACY)


def _resources(statement: Statement) -> tuple[str, ...]:
    return (statement.resources or ()) + (statement.not_resources or ())


def _actions(statement: Statement) -> tuple[str, ...]:
    return (statement.actions or ()) + (statement.not_actions or ())


def _check_permissions(statements: tuple[Statement, ...]) -> None:
    for statement in statements:
        if statement.principals is not None or statement.not_principals is not None:
            raise malformed("Policy document should not specify a principal.")
    for statement in statements:
        if not _actions(statement):
            raise malformed("Policy statement must contain actions.")
        if not _resources(statement):
            raise malformed("Policy statement must contain resources.")
    for statement in statements:
        for resource in _resources(statement):
            _check_resource(resource)
    _check_actions(statements)


def _check_trust(statements: tuple[Statement, ...]) -> None:
    for statement in statements:
        if not statement.principals and not statement.not_principals:
            raise malformed("Missing required field Principal")
    _check_actions(statements)
    for statement in statements:
        for action in statement.actions or ():
            if action != "*" and action.partition(":")[0].lower() != "sts":
                raise malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    for statement in statements:
        for principal in (statement.principals or ()) + (statement.not_principals or ()):
            if not well_formed(principal):
                raise invalid_principal(principal)


def _check_resource_based(statements: tuple[Statement, ...]) -> None:
    for statement in statements:
        if statement.principals is None and statement.not_principals is None:
            raise malformed("Missing required field Principal")
        if not _actions(statement):
            raise malformed("Policy statement must contain actions.")
        if not _resources(statement):
            raise malformed("Policy statement must contain resources.")
    _check_actions(statements)
    for statement in statements:
        for principal in (statement.principals or ()) + (statement.not_principals or ()):
            if not well_formed(principal):
                raise invalid_principal(principal)


def _check_actions(statements: tuple[Statement, ...]) -> None:
    for statement in statements:
        for action in _actions(statement):
            _check_action(action)


def _check_action(action: str) -> None:
    if action == "*":
        return
    vendor, colon, rest = action.partition(":")
    if not colon:
        raise malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    if ":" in rest:
        raise malformed("Actions/Condition can contain only one colon.")
    if not _VENDOR.fullmatch(vendor):
        raise malformed(f"Vendor {vendor} is not valid")


def _check_resource(resource: str) -> None:
    if resource == "*":
        return
    if ":" not in resource:
        raise malformed(f'Resource {resource} must be in ARN format or "*".')
    parts = resource.split(":")
    padded = [*parts, *["*"] * (6 - len(parts))]
    partition, service, region, account = padded[1:5]
    path = ":".join(padded[5:])
    if partition not in _PARTITIONS:
        whole = ":".join(["arn", *padded[1:]])
        raise malformed(f'Partition "{partition}" is not valid for resource "{whole}".')
    if "*" in service or "?" in service or not service:
        raise malformed("Resource vendor must be fully qualified and cannot contain regexes.")
    if service == "iam":
        if len(parts) > 3 and region:
            raise malformed(f"IAM resource {resource} cannot contain region information.")
        if len(parts) > 5 and path not in {"*", "root"} and not _iam_path(path):
            raise malformed(f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.')
    elif service == "s3" and len(parts) > 5 and region and not account:
        raise malformed(f"Resource {resource} can not contain region information.")


def _iam_path(path: str) -> bool:
    literal = re.split(r"[*?$]", path, maxsplit=1)[0]
    return any(
        path.startswith(start) or (literal != path and start.startswith(literal)) for start in _IAM_PATHS
    )


_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_UNIQUE_ID = re.compile(r"A(?:ID|RO)A[A-Z0-9]{12,}", re.ASCII)
_AWS_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:iam::[0-9]{12}:(?:root|user/[^*?]+|role/[^*?]+)"
    r"|sts::[0-9]{12}:(?:assumed-role/[^*?/]+/[^*?/]+|federated-user/[^*?]+|self)"
    r"|cloudfront::[0-9]{12}:.+|iam::cloudfront:user/.+)",
    re.ASCII,
)
_SERVICE = re.compile(
    r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)", re.ASCII
)


def well_formed(principal: Principal) -> bool:
    """Whether a principal could exist by its form; whether it does exist is for the caller to say."""
    value = principal.value
    if principal.type == "*":
        return True
    if principal.type == "AWS":
        return bool(_ACCOUNT.fullmatch(value) or _AWS_ARN.fullmatch(value) or _UNIQUE_ID.fullmatch(value))
    if principal.type == "Service":
        return bool(_SERVICE.fullmatch(value))
    return bool(value)


def invalid_principal(principal: Principal, dialect: Dialect = Dialect.IAM) -> PolicyError:
    """The refusal of a principal that does not exist or is not one."""
    if dialect is Dialect.S3:
        return malformed_bucket_policy("Invalid principal in policy")
    name = "AWS" if principal.type == "*" else principal.type.upper()
    return malformed(f'Invalid principal in policy: "{name}":"{principal.value}"')


def principals_of(document: Document) -> Iterator[Principal]:
    """Every principal that a document names, for the check that they exist."""
    for statement in document.statements:
        yield from statement.principals or ()
        yield from statement.not_principals or ()
