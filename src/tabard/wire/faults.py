"""How each protocol says that a request is not sound: one small class per protocol, no service's name in it.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabard.wire.constraints import Violation
    from tabard.wire.dialects import Dialect
    from tabard.wire.model import Shape

LONGEST_QUOTED = 2048
MOST_QUOTED = 100


def lower_camel(name: str) -> str:
    """A member's name as AWS's validation errors print it: ``RoleName`` is ``roleName``."""
    return name[:1].lower() + name[1:]


def _quoted(value: Any) -> str:
    if isinstance(value, list):
        text = f"[{', '.join(str(item) for item in value[:MOST_QUOTED])}]"
    elif isinstance(value, bool):
        text = str(value).lower()
    else:
        text = str(value)
    return text if len(text) <= LONGEST_QUOTED else text[:LONGEST_QUOTED] + "..."


class Faults:
    """The errors of the query protocol, which IAM and STS speak; the others differ from it."""

    code = "ValidationError"

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def unsound(self, violations: Sequence[Violation]) -> AwsError:
        """Constraints that do not hold, all told in one message.

        A pattern that the service checks by itself, behind its front end, is told alone and in the service's words.
        """
        own = self.dialect.patterns
        front = [
            each for each in violations if each.rule != "pattern" or each.shape.get("pattern") not in own
        ]
        if not front:
            first = violations[0]
            text = own[first.shape.get("pattern")]
            return AwsError(self.code, text.format(name=self._where(first)))
        violations = front
        count = len(violations)
        told = "; ".join(self._told(violation) for violation in violations[:MOST_QUOTED])
        return AwsError(self.code, f"{count} validation error{'s' if count > 1 else ''} detected: {told}")

    def _where(self, violation: Violation) -> str:
        steps = violation.path
        return ".".join(
            lower_camel(step[0]) if isinstance(step, tuple) else f"{step}.member" for step in steps
        )

    def _told(self, violation: Violation) -> str:
        where = self._where(violation)
        if violation.rule == "required":
            value = " null"
        elif violation.shape.get("sensitive"):
            value = ""
        else:
            value = f" '{_quoted(violation.value)}'"
        return f"Value{value} at '{where}' failed to satisfy constraint: {violation.text}"

    def wrong_type(self, name: str, text: str, shape: Shape) -> AwsError:
        """A value that is not of its shape's type, at ``name`` on the wire."""
        if shape.type == "timestamp":
            return AwsError("MalformedInput", "timestamp must follow ISO8601")
        return AwsError("MalformedInput", f"{_quoted(text)} is not a valid {shape.type} for parameter {name}")

    def malformed(self, message: str) -> AwsError:
        """A body, list or map that does not have the protocol's form."""
        return AwsError("MalformedInput", message)

    def unknown(self, name: str) -> AwsError | None:  # noqa: ARG002 - for those protocols that do not ignore it
        """A parameter that the model does not know; None where AWS ignores it."""
        return None


class Ec2Faults(Faults):
    """EC2's own words, which name parameters as they stand on the wire."""

    def unsound(self, violations: Sequence[Violation]) -> AwsError:
        """The first constraint that does not hold: EC2 tells one at a time."""
        first = violations[0]
        where = ".".join(ec2_name(*step) if isinstance(step, tuple) else str(step) for step in first.path)
        if first.rule == "required":
            return AwsError("MissingParameter", f"The request must contain the parameter {where}")
        value = _quoted(first.value)
        if first.rule == "enum":
            return AwsError(
                "InvalidParameterValue", f"Invalid value '{value}' for {where.rpartition('.')[2]}."
            )
        if first.rule == "range":
            low, high = first.shape.get("min"), first.shape.get("max")
            bound = f"greater than {low}" if low is not None and first.value < low else f"less than {high}"
            return AwsError("InvalidParameterValue", f"Value ( {value} ) for parameter {lower_camel(where)} is invalid. "
                            f"Expecting a value {bound}.")  # fmt: skip
        return AwsError("InvalidParameterValue", f"Value ({value}) for parameter {lower_camel(where)} is invalid. "
                        f"{first.text.replace('Member must', 'The value must')}.")  # fmt: skip

    def wrong_type(self, name: str, text: str, shape: Shape) -> AwsError:
        """A value that is not of its shape's type."""
        kind = {"integer": "an integer", "long": "an integer", "timestamp": "a timestamp"}.get(
            shape.type, f"a {shape.type}"
        )
        return AwsError("InvalidParameterValue", f"Value ({_quoted(text)}) for parameter {lower_camel(name)} is "
                        f"invalid. Expecting {kind}.")  # fmt: skip

    def malformed(self, message: str) -> AwsError:
        """A query string that is not one."""
        return AwsError("InvalidQueryParameter", message)

    def unknown(self, name: str) -> AwsError | None:
        """EC2 refuses parameters that it does not know."""
        return AwsError("UnknownParameter", f"The parameter {name} is not recognized")


def ec2_name(name: str, shape: Shape) -> str:
    """A member's name in an EC2 request: ``queryName``, or the capitalised location name."""
    wire: str = shape.get("queryName") or shape.location_name or name
    return wire[:1].upper() + wire[1:] if not shape.get("queryName") else wire


class XmlFaults(Faults):
    """REST with XML, in S3's words."""

    def unsound(self, violations: Sequence[Violation]) -> AwsError:
        """Headers and query parameters are named; a body that breaks its schema is just that."""
        first = violations[0]
        head = first.path[0]
        if len(first.path) == 1 and isinstance(head, tuple) and head[1].location is not None:
            name = head[1].location_name or head[0]
            if first.rule == "required" and head[1].location == "header":
                return AwsError("MissingRequiredHeader", "Your request was missing a required header.",
                                fields={"MissingHeaderName": name})  # fmt: skip
            if first.rule == "required":
                return AwsError("InvalidArgument", f"This operation requires the parameter {name}.",
                                fields={"ArgumentName": name, "ArgumentValue": ""})  # fmt: skip
            return self.wrong_type(name, _quoted(first.value), first.shape)
        if first.rule == "enum" and first.shape.name in self.dialect.enums:
            return AwsError(*self.dialect.enums[first.shape.name])
        return self.malformed("")

    def wrong_type(self, name: str, text: str, shape: Shape) -> AwsError:
        """A header or query parameter of the wrong type or out of its rules."""
        fields = {"ArgumentName": name, "ArgumentValue": text[:LONGEST_QUOTED]}
        if shape.name in self.dialect.enums:
            return AwsError(*self.dialect.enums[shape.name], fields=fields)
        if name in self.dialect.arguments:
            return AwsError("InvalidArgument", self.dialect.arguments[name], fields=fields)
        if shape.type in {"integer", "long"}:
            return AwsError(
                "InvalidArgument", f"Provided {name} not an integer or within integer range", fields=fields
            )
        return AwsError("InvalidArgument", f"Invalid argument for {name}.", fields=fields)

    def malformed(self, message: str) -> AwsError:  # noqa: ARG002 - S3 says no more than this
        """A body that is not XML, or not of its schema."""
        return AwsError(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )


class JsonFaults(Faults):
    """The JSON protocols."""

    code = "ValidationException"

    def unsound(self, violations: Sequence[Violation]) -> AwsError:
        """As the query protocol's, under the code of the first value that has one of its own."""
        told = super().unsound(violations)
        own = (self.dialect.codes.get(each.shape.name) for each in violations)
        code = next((each for each in own if each is not None), None)
        return told if code is None else AwsError(code, told.message)

    def wrong_type(self, name: str, text: str, shape: Shape) -> AwsError:  # noqa: ARG002 - AWS does not name it
        """A value that is not of its shape's type."""
        return AwsError(
            "SerializationException", f"{_quoted(text)} can not be converted to {shape.type.title()}"
        )

    def malformed(self, message: str) -> AwsError:
        """A body that is not JSON."""
        return AwsError("SerializationException", message)


FAULTS: dict[str, type[Faults]] = {
    "query": Faults,
    "ec2": Ec2Faults,
    "rest-xml": XmlFaults,
    "json": JsonFaults,
    "rest-json": JsonFaults,
}
