"""Condition keys: global ones with their types, and the rules for looking a key up.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html. Key names are
compared without regard to case; ``aws:ResourceTag/${TagKey}`` stands for every key that starts with
``aws:ResourceTag/``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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

    @property
    def stem(self) -> str:
        """What look-ups compare: the lower-case name; of a template, all before its variable."""
        return stem_of(self.name)


def stem_of(name: str) -> str:
    """The part of a published key name that a policy's key must equal or, for a template, start with."""
    for mark in ("${", "<"):
        name = name.partition(mark)[0]
    return name.lower()


class KeyTable:
    """Condition keys by stem, found by the name that a policy uses."""

    __slots__ = ("_by_stem", "_templates")

    def __init__(self, keys: Iterable[ConditionKey]) -> None:
        self._by_stem: Final = {key.stem: key for key in keys}
        templates = (stem for stem, key in self._by_stem.items() if len(stem) < len(key.name))
        self._templates: Final = tuple(sorted(templates, key=len, reverse=True))

    def find(self, name: str) -> ConditionKey | None:
        """The published key that ``name`` (``aws:ResourceTag/Project``) is an instance of, or ``None``."""
        lowered = name.lower()
        exact = self._by_stem.get(stem_of(name))
        if exact is not None and len(exact.stem) == len(exact.name):
            return exact
        for stem in self._templates:
            if lowered.startswith(stem) and len(lowered) > len(stem):
                return self._by_stem[stem]
        return None

    def __iter__(self) -> Iterator[ConditionKey]:
        return iter(self._by_stem.values())


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
