"""Settings of an account that features of IAM read, by ``Namespace/PropertyName``.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutAccountProperties.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.iam.errors import invalid_input
from tabard.services.iam.subjects import on_everything
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam_credentials import AccountProperties

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import PutAccountPropertiesRequestTypeDef

    from tabard.services.operation import Call

PROPERTIES_AT_MOST = 100
"""How many an account may have: AWS has a handful, and any name is kept here."""


def _properties(call: Call) -> dict[str, str]:
    present = call.store.iam.credentials.account_properties.get(call.account, call.account)
    return {} if present is None else present.properties


@operation("iam", "GetAccountProperties", READ, checks=on_everything("iam:GetAccountProperties"))
def get_account_properties(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """Show the account's properties."""
    return {"Properties": _properties(call)}


@operation("iam", "PutAccountProperties", WRITE, checks=on_everything("iam:PutAccountProperties"))
def put_account_properties(call: Call, request: PutAccountPropertiesRequestTypeDef) -> dict[str, Any]:
    """Set properties of one namespace; the others stay as they are."""
    given = request["Properties"]
    if not given:
        raise invalid_input("At least one property must be specified.")
    namespaces: set[str] = set()
    for key in given:
        namespace, slash, name = key.partition("/")
        if not slash or not namespace or not name or "/" in name:
            raise invalid_input(f"The property key {key} must be in the format Namespace/PropertyName.")
        namespaces.add(namespace)
    if len(namespaces) > 1:
        raise invalid_input("All properties in a single request must belong to the same namespace.")
    properties = {**_properties(call), **given}
    if len(properties) > PROPERTIES_AT_MOST:
        raise invalid_input(f"An account can have at most {PROPERTIES_AT_MOST} properties.")
    call.store.iam.credentials.account_properties.put(
        AccountProperties(
            id=call.account,
            account=call.account,
            owner=call.account,
            created_at=float(int(call.now)),
            properties=properties,
        )
    )
    return {}
