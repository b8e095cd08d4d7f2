"""What a text was found to ask is remembered only where nothing else bears on it."""

from __future__ import annotations

from tabard import wire
from tabard.core.http import HttpRequest
from tabard.edge.passage import Question, Questions, Way
from tabard.services import iam, s3, sts  # noqa: F401 - importing a service registers its operations
from tabard.services.operation import OPERATIONS

HOSTS = ("localhost", "s3.localhost")


def request(
    method: str = "GET", path: str = "/", query: str = "", body: bytes = b"", **headers: str
) -> HttpRequest:
    told = {"host": "localhost", "user-agent": "a", **headers}
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in told.items()]
    return HttpRequest(method, path, query, given, body)


def ask(questions: Questions, service: str, asked: HttpRequest) -> Question | None:
    """Find what a request asks, and let it be remembered as a proven one is."""
    found = questions.find(service, asked)
    match = wire.route(asked, service, virtual_hosts=HOSTS)
    described = wire.service(match.service).operation(match.operation)
    read_only = match.operation.startswith(("Get", "List", "Head"))
    built = OPERATIONS[match.service, match.operation]
    way = Way(built, described.decode, described.encode, described.streams_in, read_only)
    questions.remember(service, asked, match, way, described.decode(asked, match))
    return found


def test_a_form_is_remembered_by_its_text() -> None:
    questions, text = Questions(), b"Action=GetRole&Version=2010-05-08&RoleName=a"
    assert ask(questions, "iam", request("POST", body=text)) is None
    found = ask(questions, "iam", request("POST", body=text, user_agent="b"))
    assert found is not None
    assert (found.service, found.operation, found.parameters) == ("iam", "GetRole", {"RoleName": "a"})
    assert found.shown == b',"requestParameters":{"roleName":"a"}'
    assert ask(questions, "iam", request("POST", body=text[:-1] + b"b")) is None
    assert questions.find("sts", request("POST", body=text)) is None
    assert questions.find("iam", request("POST", query="a=b", body=text)) is None


def test_a_path_is_remembered_with_its_query_method_and_host() -> None:
    questions = Questions()
    for asked in (
        request(),
        request(query="max-buckets=2"),
        request(host="bucket.s3.localhost"),
        request("HEAD", host="bucket.s3.localhost"),
        request(path="/bucket", query="location"),
    ):
        assert ask(questions, "s3", asked) is None
        found = ask(questions, "s3", asked)
        assert found is not None
        described = wire.service("s3").operation(found.operation)
        assert described.decode(asked, found.match) == found.parameters
    found = questions.find("s3", request(query="max-buckets=2"))
    assert found is not None
    assert (found.operation, found.parameters) == ("ListBuckets", {"MaxBuckets": 2})


def test_a_header_that_bears_on_the_question_makes_it_another() -> None:
    questions, plain = Questions(), request("HEAD", "/bucket")
    owned = request("HEAD", "/bucket", x_amz_expected_bucket_owner="111122223333")
    assert ask(questions, "s3", owned) is None
    assert ask(questions, "s3", owned) is None
    assert ask(questions, "s3", plain) is None
    assert ask(questions, "s3", plain) is not None
    assert ask(questions, "s3", owned) is None
    assert (
        questions.find("s3", request("HEAD", "/bucket", x_amz_copy_source="a/b")) is None
    )  # it may be routed elsewhere


def test_neither_objects_nor_writes_nor_long_texts_are_remembered() -> None:
    questions = Questions()
    for service, asked in (
        ("s3", request(path="/bucket/key")),
        ("s3", request("PUT", "/bucket")),
        ("s3", request(path="/bucket", query="list-type=2&prefix=" + "a" * 600)),
        ("iam", request("POST", body=b"Action=DeleteRole&Version=2010-05-08&RoleName=a")),
        ("iam", request("POST", body=b"Action=GetRole&Version=2010-05-08&RoleName=a" + b"&a=" + b"b" * 600)),
    ):
        assert ask(questions, service, asked) is None
        assert ask(questions, service, asked) is None
