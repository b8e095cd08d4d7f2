"""Looks at a page as it is: what axe finds in both themes, and whether it is wider than a phone."""

from __future__ import annotations

from typing import Any

from tests.console.test_pages import violations

_SETTLED_WIDTH = """async () => {
    for (let tries = 0; tries < 20 && document.documentElement.scrollWidth > 390; tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return document.documentElement.scrollWidth;
}"""
"""How wide a page is once its parts have taken to the new width."""


def wrong_with(page: Any) -> list[str]:
    """What is wrong with the page that is open; it is as wide as before when this returns."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [f"{theme}: {each}" for each in violations(page)]
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    width = page.evaluate(_SETTLED_WIDTH)
    if width > 390:
        found.append(f"{width} pixels wide on a phone")
    page.set_viewport_size(size)
    return found
