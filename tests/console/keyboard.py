"""What people do who use no mouse: go on by Tab until something has the keyboard, open menus, choose."""

from __future__ import annotations

from typing import Any

import pytest

_NAMES = """() => {
    let at = document.activeElement;
    while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; // the policy editor's
    const told = (at.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent);
    const names = [at.ariaLabel, at.innerText, ...[...(at.labels ?? [])].map((each) => each.textContent), ...told];
    return [...names.filter(Boolean).map((each) => each.trim()), at.localName, at.type];
}"""
"""What the element is called that has the keyboard; and what it is."""

_CHOSEN = """() => {
    const id = document.activeElement.getAttribute('aria-activedescendant');
    return (id && document.getElementById(id)?.textContent) || '';
}"""
"""The option that Enter would take."""


def tab_to(page: Any, *names: str, key: str = "Tab") -> None:
    """Press Tab until what is called so (whole) and is of that kind (``a``, ``checkbox``) has the keyboard."""
    seen = []
    for _ in range(120):
        page.keyboard.press(key)
        here = page.evaluate(_NAMES)
        if set(names) <= set(here):
            return
        seen.append("/".join(map(str, here)))
    pytest.fail(f"the keyboard does not reach {names}, only {seen}")


def in_dialog(page: Any) -> None:
    """Wait until a dialog is open and has the keyboard."""
    page.wait_for_function("document.activeElement?.closest('[role=dialog]') !== null")


def press(page: Any, *names: str, key: str = "Tab") -> None:
    """Go to a button or link and press Enter."""
    tab_to(page, *names, key=key)
    page.keyboard.press("Enter")


def menu(page: Any, button: str, *path: str) -> None:
    """Choose from a menu, and from those within it."""
    press(page, button)
    for name in path:
        item = page.get_by_role("menuitem", name=name, exact=True)
        item.wait_for()
        for _ in range(30):
            if name in page.evaluate(_NAMES):
                break
            page.keyboard.press("ArrowDown")
        else:
            pytest.fail(f"the keyboard does not reach {name} in the menu {button}")
        page.keyboard.press("Enter")


def choose(page: Any, label: str, option: str) -> None:
    """Open what is labelled so and take an option whose text begins so."""
    press(page, label)
    page.get_by_role("option", name=option).first.wait_for()
    for _ in range(60):
        if page.evaluate(_CHOSEN).startswith(option):
            page.keyboard.press("Enter")
            page.get_by_role("option", name=option).first.wait_for(state="detached")
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"the keyboard does not reach the option {option} of {label}")
