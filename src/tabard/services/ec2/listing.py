"""The shape that most describing operations share: some by id or all, filtered, paged, described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from tabard.core.errors import AwsError
from tabard.services.ec2.filters import filtered
from tabard.services.ec2.identifiers import checked
from tabard.services.ec2.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tabard.services.ec2.filters import Reader
    from tabard.services.operation import Call

T = TypeVar("T")


class Listing(NamedTuple, Generic[T]):
    """How one kind of resource is described.

    ``member`` is the reply's list, ``ids`` the request's parameter with ids of the form ``prefix``-…; ``code`` and
    ``message`` are the error for one that does not exist.
    """

    member: str
    ids: str
    prefix: str
    code: str
    message: str
    identify: Callable[[T], str]
    readers: Mapping[str, Reader[T]]

    def reply(
        self,
        call: Call,
        request: Mapping[str, Any],
        every: Sequence[T],
        describe: Callable[[T, Mapping[str, str]], dict[str, Any]],
    ) -> dict[str, Any]:
        """The reply: ``describe`` gets a resource and its tags."""
        wanted = checked(self.prefix, request.get(self.ids))
        by_id = {self.identify(each): each for each in every}
        for each in wanted:
            if each not in by_id:
                raise AwsError(self.code, self.message.format(each))
        found = [by_id[each] for each in sorted(wanted or by_id)]

        def tags(item: T) -> Mapping[str, str]:
            return call.store.ec2.tags.of(call.account, self.identify(item))

        found = filtered(found, request.get("Filters"), self.readers, tags)
        shown, token = page(found, request, self.identify, ids=self.ids)
        reply: dict[str, Any] = {self.member: [describe(each, tags(each)) for each in shown]}
        if token:
            reply["NextToken"] = token
        return reply
