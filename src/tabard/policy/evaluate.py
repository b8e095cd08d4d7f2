"""``tabard evaluate``: a request with its policies as one line of JSON, its decision as another. No server, no state.

A line has ``principal`` (an ARN, ``{"type": "Anonymous"}``, ``{"service": "ec2.amazonaws.com"}`` or ``{"federated":
"<provider>"}``), ``action``, ``resource``, and as far as they apply ``resourceAccount``, ``context``, ``identityPolicies``,
``resourcePolicy`` (for ``sts:AssumeRole``: the trust policy), ``permissionBoundaries``, ``sessionPolicy``, ``scps`` and
``rcps`` (lists of lists, from the root down), ``endpointPolicies`` and ``id``. The answer has ``id``, ``decision`` (``allow``,
``deny`` or ``error``), ``result`` and ``reason``.

Documents that come again, byte for byte, are not compiled again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from tabard.core.caller import ANONYMOUS, Caller
from tabard.policy.compiled import Compiled, StatementRef
from tabard.policy.context import Context, Lazy
from tabard.policy.decision import Decision, Layers, Outcome, Request, decide
from tabard.policy.document import Kind, Source
from tabard.policy.errors import PolicyError
from tabard.policy.explain import explain
from tabard.policy.grammar import Dialect, parse
from tabard.policy.linked import PolicySet, link
from tabard.policy.messages import denial_message
from tabard.policy.report import report

if TYPE_CHECKING:
    from collections.abc import Iterable

_K = TypeVar("_K")
_V = TypeVar("_V")
_CACHED = 4096
_MARKED = 1 << 17
ContextValue = str | bool | int | float | list[str | bool | int | float] | None


class Line(Struct, forbid_unknown_fields=True, rename="camel"):
    """One request as ``tabard evaluate`` reads it; policies stay raw until they are known to be new."""

    principal: str | dict[str, str]
    action: str
    resource: str = "*"
    id: msgspec.Raw = Raw(b"null")
    resource_account: str | None = None
    context: dict[str, ContextValue] | None = None
    identity_policies: Raw = Raw(b"")
    resource_policy: Raw = Raw(b"")
    permission_boundaries: Raw = Raw(b"")
    session_policy: Raw = Raw(b"")
    scps: Raw = Raw(b"")
    rcps: Raw = Raw(b"")
    endpoint_policies: Raw = Raw(b"")


class Answer(Struct):
    """What comes back: ``decision`` is ``allow``, ``deny`` or ``error``; ``result`` is AWS's word, null for an error."""

    id: Raw
    decision: str
    result: str | None
    reason: str


class LineError(ValueError):
    """A line that cannot be evaluated: what is wrong, and where in the line."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


_lines = msgspec.json.Decoder(Line)
_ids = msgspec.json.Decoder(dict[str, Raw])
_documents = msgspec.json.Decoder(list[Raw])
_levels = msgspec.json.Decoder(list[list[Raw]])
_encoder = msgspec.json.Encoder()
_FREE = frozenset(("sts:getcalleridentity", "sts:getsessiontoken", "sts:getaccesskeyinfo"))
"""What any authenticated principal may do, whatever its policies say: https://docs.aws.amazon.com/STS/latest/APIReference."""
_AUTHENTICATED = frozenset(("Root", "User", "AssumedRole", "FederatedUser"))
_NULL = Raw(b"null")
_ABSENT = frozenset((b"", b"null", b"[]", b"{}"))


class Evaluator:
    """Evaluates lines, and remembers the documents it compiled and the sets it linked."""

    def __init__(self) -> None:
        self._sets: dict[tuple[Kind, bool, bytes], PolicySet | None] = {}
        self._levels: dict[tuple[Kind, bytes], tuple[PolicySet, ...]] = {}
        self._compiled: dict[tuple[Kind, int, bytes], Compiled] = {}
        self._once: set[int] = set()

    def evaluate_line(self, line: str | bytes) -> str:
        """Answer one line with another (without its line feed); never raises for what the line holds."""
        return _encoder.encode(self.evaluate(line)).decode()

    def evaluate(self, line: str | bytes) -> Answer:
        """Answer one line."""
        try:
            request = _lines.decode(line)
        except (msgspec.DecodeError, UnicodeError) as error:
            return Answer(_id_of(line), "error", None, f"line: {error}")
        try:
            asked, layers = self._request(request), self._layers(request)
            if asked.action.lower() in _FREE and asked.principal.kind in _AUTHENTICATED:
                return Answer(request.id, "allow", "Allowed", f"{asked.action} needs no permission")
            decision = decide(asked, layers)
        except LineError as error:
            return Answer(request.id, "error", None, str(error))
        word = "allow" if decision.allowed else "deny"
        return Answer(request.id, word, decision.outcome.value, _reason(decision, asked))

    def explain(self, line: str | bytes) -> dict[str, Any]:
        """The ``report`` on one line: its decision with what matched and what nearly did. Raises ``LineError``."""
        try:
            read = _lines.decode(line)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise LineError("line", str(error)) from None
        asked = self._request(read)
        return report(explain(asked, self._layers(read)), asked)

    def _request(self, line: Line) -> Request:
        caller, provider, canonical = _caller(line)
        if not line.action:
            raise LineError("action", "must not be empty")
        account = line.resource_account
        if account is None:
            owner = line.resource.split(":", 5)[4:5]
            account = owner[0] if owner and owner[0] not in {"", "*"} else caller.account
        values: dict[str, Lazy] = _principal_keys(caller)
        values["aws:resourceaccount"] = account
        for key, value in (line.context or {}).items():
            values[key.lower()] = _context_value(value)
        return Request(caller, line.action, line.resource, account, Context(values), provider, canonical)

    def _layers(self, line: Line) -> Layers:
        resource_kind = (
            Kind.TRUST if _needs_grant(line) and line.action.lower().startswith("sts:") else Kind.RESOURCE
        )
        return Layers(
            identity=self._set(Kind.IDENTITY, "identityPolicies", line.identity_policies, many=True),
            boundary=self._set(Kind.BOUNDARY, "permissionBoundaries", line.permission_boundaries, many=True),
            session=self._set(Kind.SESSION, "sessionPolicy", line.session_policy, many=False),
            resource=self._set(
                resource_kind, "resourcePolicy", line.resource_policy, many=False, explicit=_needs_grant(line)
            ),
            scps=self._by_level(Kind.SCP, "scps", line.scps),
            rcps=self._by_level(Kind.RCP, "rcps", line.rcps),
            endpoint=self._set(Kind.ENDPOINT, "endpointPolicies", line.endpoint_policies, many=True),
        )

    def _set(
        self, kind: Kind, where: str, raw: Raw, *, many: bool, explicit: bool = False
    ) -> PolicySet | None:
        text = bytes(raw)
        key = (kind, explicit, text)
        try:
            return self._sets[key]
        except KeyError:
            pass
        found: PolicySet | None = None
        if text not in _ABSENT:
            documents = _decoded(_documents, where, text) if many or text[:1] == b"[" else [raw]
            found = link(self._all(kind, where, documents, many=many), explicit=explicit)
        elif explicit:
            found = link((), explicit=True)
        if self._again(key):
            _remember(self._sets, key, found)
        return found

    def _again(self, key: tuple[Kind, bool, bytes] | tuple[Kind, bytes] | tuple[Kind, int, bytes]) -> bool:
        """Whether this text came before: what comes once is not worth keeping (and its memory not worth sweeping)."""
        mark = hash(key)
        if mark in self._once:
            return True
        if len(self._once) >= _MARKED:
            self._once.clear()
        self._once.add(mark)
        return False

    def _by_level(self, kind: Kind, where: str, raw: Raw) -> tuple[PolicySet, ...]:
        text = bytes(raw)
        if text in _ABSENT:
            return ()
        key = (kind, text)
        try:
            return self._levels[key]
        except KeyError:
            pass
        levels = _decoded(_levels, where, text)
        found = tuple(
            [
                link(self._all(kind, f"{where}[{number}]", level, many=True))
                for number, level in enumerate(levels)
            ]
        )
        if self._again(key):
            _remember(self._levels, key, found)
        return found

    def _all(self, kind: Kind, where: str, documents: Iterable[Raw], *, many: bool) -> Iterable[Compiled]:
        return [
            self._compile(kind, index, f"{where}[{index}]" if many else where, bytes(raw))
            for index, raw in enumerate(documents)
        ]

    def _compile(self, kind: Kind, index: int, where: str, raw: bytes) -> Compiled:
        key = (kind, index, raw)
        found = self._compiled.get(key)
        if found is None:
            try:
                text = raw.decode()
                if raw[:1] == b'"':
                    text = msgspec.json.decode(raw, type=str)
                document = parse(text, kind, Dialect.EVALUATE)
            except (PolicyError, UnicodeError) as error:
                raise LineError(
                    where, error.message if isinstance(error, PolicyError) else str(error)
                ) from None
            found = Compiled(document, Source(kind, name=where))
            if self._again(key):
                _remember(self._compiled, key, found)
        return found


def _remember(cache: dict[_K, _V], key: _K, value: _V) -> None:
    if len(cache) >= _CACHED:
        cache.clear()
    cache[key] = value


def _decoded(decoder: msgspec.json.Decoder[_V], where: str, text: bytes) -> _V:
    try:
        return decoder.decode(text)
    except msgspec.DecodeError as error:
        raise LineError(where, str(error)) from None


def _id_of(line: str | bytes) -> Raw:
    """The id of a line that is JSON but not a request; null of one that is not JSON."""
    try:
        return _ids.decode(line).get("id", _NULL)
    except (msgspec.DecodeError, UnicodeError):
        return _NULL


def _needs_grant(line: Line) -> bool:
    """Whether the resource's own policy must grant: roles' trust policies and KMS keys' policies.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
    """
    service = line.action.partition(":")[0].lower()
    if service == "sts":
        return ":iam:" in line.resource and ":role/" in line.resource
    return service == "kms" and ":kms:" in line.resource and ":key/" in line.resource


def _context_value(value: ContextValue) -> Lazy:
    if isinstance(value, list):
        return tuple([_text(each) for each in value])
    return None if value is None else _text(value)


def _text(value: str | bool | float) -> str:  # noqa: FBT001 # a JSON value, not an option
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def _caller(line: Line) -> tuple[Caller, str, str]:
    """The caller, the identity provider whose token it presents, and its canonical user id."""
    principal = line.principal
    if isinstance(principal, str):
        if principal.endswith((".amazonaws.com", ".amazonaws.com.cn")) and ":" not in principal:
            return (
                Caller("Service", principal, principal, "", principal, principal, service_name=principal),
                "",
                "",
            )
        return _caller_of_arn(principal, line.context or {}), "", ""
    keys = set(principal)
    if keys == {"type"} and principal["type"].lower() == "anonymous":
        return ANONYMOUS, "", ""
    if keys == {"service"}:
        name = principal["service"]
        return Caller("Service", name, name, "", name, name, service_name=name), "", ""
    if keys == {"federated"}:
        name = principal["federated"]
        return Caller("Anonymous", "anonymous", name, "", name, name), name, ""
    if keys in ({"arn"}, {"arn", "canonicalUser"}):
        canonical = principal.get("canonicalUser", "")
        return _caller_of_arn(principal["arn"], line.context or {}), "", canonical
    raise LineError(
        "principal", 'must be an ARN, {"type": "Anonymous"}, {"service": …}, {"federated": …} or {"arn": …}'
    )


def _caller_of_arn(arn: str, context: dict[str, ContextValue]) -> Caller:
    if len(arn) == 12 and arn.isdigit():
        arn = f"arn:aws:iam::{arn}:root"
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] not in {"iam", "sts"} or not parts[4].isdigit():
        raise LineError("principal", f"{arn} is not the ARN of an IAM or STS principal")
    account, resource = parts[4], parts[5]
    kind, _, rest = resource.partition("/")
    if resource == "root":
        return Caller("Root", account, arn, arn, account, account)
    if kind == "user" and rest:
        return Caller("User", account, arn, arn, "", "", rest.rpartition("/")[2])
    if kind == "role" and rest:
        return Caller("AssumedRole", account, arn, arn, "", "", rest.rpartition("/")[2])
    if kind == "federated-user" and rest:
        return Caller("FederatedUser", account, arn, arn, f"{account}:{rest}", "", rest)
    name, _, session = rest.partition("/")
    if kind != "assumed-role" or not session:
        raise LineError("principal", f"{arn} is not the ARN of an IAM or STS principal")
    role = f"arn:{parts[1]}:iam::{account}:role/{name}"
    for key, value in context.items():
        if key.lower() == "aws:principalarn" and isinstance(value, str) and value.endswith(f"/{name}"):
            role = value
    return Caller("AssumedRole", account, arn, role, "", "", name, session)


_TYPES = {"Root": "Account", "User": "User", "AssumedRole": "AssumedRole", "FederatedUser": "FederatedUser"}


def _principal_keys(caller: Caller) -> dict[str, Lazy]:
    """The keys that AWS always knows of a caller, for what the line's own context does not say.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    kind = caller.kind
    if kind == "Service":
        return {"aws:principalisawsservice": "true", "aws:principalservicename": caller.service_name}
    if kind == "Anonymous":
        return {"aws:principaltype": "Anonymous", "aws:principalisawsservice": "false"}
    keys: dict[str, Lazy] = {
        "aws:principalarn": caller.principal_arn,
        "aws:principalaccount": caller.account,
        "aws:principaltype": _TYPES[kind],
        "aws:principalisawsservice": "false",
    }
    if kind == "User":
        keys["aws:username"] = caller.name
    elif kind == "Root":
        keys["aws:userid"] = caller.account
    return keys


def _reason(decision: Decision, request: Request) -> str:
    if decision.outcome is not Outcome.ALLOWED:
        message = denial_message(decision, request)
        return message + "".join([f" ({_place(each)})" for each in decision.statements])
    if not decision.statements:
        return "The account's root user is allowed whatever no policy denies"
    return f"Allowed by {_place(decision.statements[0])}"


def _place(statement: StatementRef) -> str:
    sid = f" ({statement.sid})" if statement.sid else ""
    return f"{statement.source.name} statement {statement.index + 1}{sid}"


_default = Evaluator()


def evaluate_line(line: str | bytes) -> str:
    """Answer one line of ``tabard evaluate`` with another, remembering documents from one line to the next."""
    return _default.evaluate_line(line)
