"""Condition keys: global ones with their types, and the rules for looking a key up.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html. Key names are
compared without regard to case; ``aws:ResourceTag/${TagKey}`` stands for every key that starts with
``aws:ResourceTag/``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

KeyType = Literal[
    "String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "ArrayOfString", "ArrayOfARN", "ArrayOfBool"
]


class ConditionKey(NamedTuple):
    """A condition key's name as published (templates included) and its type."""

    name: str
    type: KeyType

    @property
    def multivalued(self) -> bool:
        """Whether a request can carry several values (``ForAnyValue`` and ``ForAllValues`` are for those)."""
        return self.type.startswith("ArrayOf")


def template_of(name: str) -> tuple[str, str] | None:
    """What comes before and after a published name's variable (``${TagKey}``, ``<key>``), in lower case.

    ``None`` for a name without one. Some services publish ``service:ResourceTag/`` without its variable.
    """
    lowered = name.lower()
    for opening, closing in (("${", "}"), ("<", ">")):
        head, found, rest = lowered.partition(opening)
        if found:
            return head, rest.partition(closing)[2]
    return (lowered, "") if lowered.endswith("/") else None


class KeyTable:
    """Condition keys, found by the names that policies use."""

    __slots__ = ("_exact", "_templates")

    def __init__(self, keys: Iterable[ConditionKey]) -> None:
        exact: dict[str, ConditionKey] = {}
        templates: list[tuple[str, str, ConditionKey]] = []
        for key in keys:
            template = template_of(key.name)
            if template is None:
                exact[key.name.lower()] = key
            else:
                templates.append((*template, key))
        self._exact: Final = exact
        self._templates: Final = sorted(templates, key=lambda each: -len(each[0] + each[1]))

    def find(self, name: str) -> ConditionKey | None:
        """The published key that ``name`` (``aws:ResourceTag/Project``) is an instance of, or ``None``."""
        lowered = name.lower()
        found = self._exact.get(lowered)
        if found is not None:
            return found
        for head, tail, key in self._templates:
            if lowered.startswith(head) and lowered.endswith(tail) and len(lowered) > len(head) + len(tail):
                return key
        return None


_NAMES_BY_TYPE: Final[dict[KeyType, str]] = {
    "String": """
        aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalTag/${TagKey} aws:PrincipalServiceName
        aws:PrincipalType aws:userid aws:username aws:AssumedRoot aws:FederatedProvider
        aws:Ec2InstanceSourceVpc aws:SourceIdentity glue:CredentialIssuingService identitystore:UserId
        aws:SourceVpc aws:SourceVpce aws:VpceAccount aws:VpceOrgID aws:ResourceAccount
        aws:ResourceOrgID aws:ResourceTag/${TagKey} aws:CalledViaFirst aws:CalledViaLast
        aws:CalledViaAWSMCP aws:referer aws:RequestedRegion aws:RequestTag/${TagKey} aws:SourceAccount
        aws:SourceOrgID aws:UserAgent glue:RoleAssumedBy
    """,
    "ArrayOfString": """
        aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:VpceOrgPaths aws:ResourceOrgPaths
        aws:CalledVia aws:TagKeys aws:SourceOrgPaths
    """,
    "ARN": """
        aws:PrincipalArn aws:ChatbotSourceArn aws:SignInSessionArn ec2:SourceInstanceArn
        lambda:SourceFunctionArn ssm:SourceInstanceArn codebuild:BuildArn codebuild:ProjectArn
        aws:SourceVpcArn aws:SourceArn
    """,
    "Bool": """
        aws:PrincipalIsAWSService aws:MultiFactorAuthPresent aws:ViaAWSService aws:ViaAWSMCPService
        aws:IsMcpServiceAction aws:SecureTransport
    """,
    "Numeric": "aws:MultiFactorAuthAge ec2:RoleDelivery",
    "Date": "aws:TokenIssueTime aws:CurrentTime aws:EpochTime",
    "IPAddress": "aws:SourceIp aws:VpcSourceIp aws:Ec2InstanceSourcePrivateIPv4",
}

GLOBAL_KEYS: Final = tuple(
    ConditionKey(name, kind) for kind, listed in _NAMES_BY_TYPE.items() for name in listed.split()
)
"""Keys that any service's request may carry, the cross-service ones (``ec2:SourceInstanceArn`` …) included.

``aws:EpochTime`` takes numeric operators too.
"""

GLOBAL_TABLE: Final = KeyTable(GLOBAL_KEYS)
