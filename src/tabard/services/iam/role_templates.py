"""Role templates, from which accounts acquire roles. AWS and its services publish them; there is no operation that makes one.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_AcquireRole.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tabard.core.arn import Arn
from tabard.services.iam.errors import invalid_input, no_such_entity
from tabard.services.operation import READ, WRITE, Check, operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from types_boto3_iam.type_defs import AcquireRoleRequestTypeDef, GetRoleTemplateVersionRequestTypeDef

    from tabard.services.iam.subjects import Request
    from tabard.services.operation import Call, Checks


def _on_template(action: str) -> Checks:
    def checks(_call: Call, request: Request) -> Iterable[Check]:
        return (Check(action, request["TemplateArn"]),)

    return checks


def _find(arn: str) -> NoReturn:
    """No template was ever published here; what is no template's ARN is told apart."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        raise invalid_input(f"ARN {arn} is not valid.") from None
    if parsed.service != "iam":
        raise invalid_input(f"ARN {arn} is not valid.")
    raise no_such_entity(f"The role template with ARN {arn} cannot be found.")


@operation("iam", "GetRoleTemplateVersion", READ, checks=_on_template("iam:GetRoleTemplateVersion"))
def get_role_template_version(call: Call, request: GetRoleTemplateVersionRequestTypeDef) -> dict[str, Any]:  # noqa: ARG001 - templates are nobody's
    """Show one version of a role template."""
    _find(request["TemplateArn"])


@operation("iam", "AcquireRole", WRITE, checks=_on_template("iam:AcquireRole"))
def acquire_role(call: Call, request: AcquireRoleRequestTypeDef) -> dict[str, Any]:  # noqa: ARG001 - templates are nobody's
    """Make a role as a template says."""
    _find(request["TemplateArn"])
