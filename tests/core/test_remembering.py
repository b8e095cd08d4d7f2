"""What is remembered of texts is bounded by their length."""

from __future__ import annotations

from tabard.core.remembering import by_length


def test_the_same_arguments_make_it_once() -> None:
    made: list[tuple[str, int]] = []

    @by_length(100_000)
    def double(text: str, times: int = 2) -> str:
        made.append((text, times))
        return text * times

    assert [double("a"), double("a"), double("a", 3), double("a", times=3), double("a")] == [
        "aa",
        "aa",
        "aaa",
        "aaa",
        "aa",
    ]
    assert made == [("a", 2), ("a", 3), ("a", 3)]


def test_the_oldest_are_forgotten_and_giants_never_remembered() -> None:
    made: list[str] = []

    @by_length(100_000)
    def same(text: str) -> str:
        made.append(text[:1])
        return text

    giant = "g" * 20_000
    same(giant)
    same(giant)
    assert made == ["g", "g"]
    texts = [letter * 9_000 for letter in "abcdefghijkl"]
    for text in texts:
        same(text)
    made.clear()
    same(texts[-1])
    same(texts[-2])
    assert made == []
    same(texts[0])
    assert made == ["a"]
