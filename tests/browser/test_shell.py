"""The shell: rail, user menu, profile, command bar."""

import pytest

LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("path", ["/profile/", "/search/"])
def test_pages_fit_and_are_accessible(page_as, axe, assert_fits, path, width, scheme):
    page = page_as("admin", width, scheme)
    page.goto(path)
    axe(page)
    assert_fits(page)


def test_the_command_bar_opens_with_ctrl_k_and_goes_where_enter_says(page_as, axe):
    page = page_as("ada")
    page.goto("/profile/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#dialog[open] input[type=search]")
    axe(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("#dialog:not([open])", state="attached")
    assert page.evaluate("document.activeElement.matches('[data-find], #main')")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#dialog[open] input[type=search]")
    page.go_back()
    page.wait_for_selector("#dialog:not([open])", state="attached")
    assert page.url.endswith("/profile/")
