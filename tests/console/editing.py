"""Writing into the policy editor as a person does: once it has the focus, and until what was written stands there."""

from __future__ import annotations

import re
from typing import Any

SLOW = 60_000
"""Milliseconds that a slow machine may take for what takes a moment."""


def write(page: Any, label: str, text: str) -> None:
    """Replace what stands in an editor. (Filling it at once would make the browser style what it replaces, inline.)"""
    from playwright.sync_api import expect

    editor = page.get_by_label(label, exact=True).and_(page.get_by_role("textbox"))
    editor.click()
    expect(editor).to_be_focused(timeout=SLOW)
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)
    letters = r"\s*".join(map(re.escape, "".join(text.split())))
    expect(editor).to_have_text(re.compile(rf"^\s*{letters}\s*$"), timeout=SLOW)
