"""Users, API tokens, the audit log and the profile, as an administrator works with them."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from kianda.accounts.models import ApiToken, AuditEntry, Profile
from processes.services.designs import create_design, publish_design
from processes.services.instances import create_instance
from tests.factories import PASSWORD
from tests.processes.definitions import button, process, text_field

LOOKS = [(1280, "light"), (390, "dark")]
NASTY = "<script>alert(1)</script>\"'&"
LONG = "W" * 140


def user_named(name):
    return get_user_model().objects.get(username=name)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_and_dialog_fits_and_is_accessible(
    page_as, person, axe, assert_fits, width, scheme
):
    page = page_as("admin", width, scheme)
    ada = person("ada")
    ada.first_name = NASTY
    ada.last_name = LONG
    ada.save()
    paths = ("/users/", "/tokens/", "/audit/", "/profile/", "/system/", "/users/?search=nobody")
    for path in paths:
        page.goto(path)
        axe(page)
        assert_fits(page)
    dialogs = [
        ("/users/", "text=Invite a user"),
        ("/users/", "tbody th a >> nth=0"),
        ("/tokens/", "text=Create a token"),
    ]
    for path, opener in dialogs:
        page.goto(path)
        page.click(opener)
        page.wait_for_selector("#dialog[open] footer .btn-primary")
        axe(page)
        assert_fits(page)


def test_an_invited_person_sets_a_password_by_the_link_and_signs_in(page_as, axe):
    page = page_as("admin")
    page.goto("/users/")
    page.click("text=Invite a user")
    page.fill("#dialog [name=username]", "eve")
    page.fill("#dialog [name=name]", "Eve Byrne")
    page.check("#dialog [value=Designer]")
    page.dblclick("#dialog button[type=submit]")
    page.wait_for_selector("#dialog >> text=eve is invited")
    axe(page)
    link = page.inner_text("#dialog code")
    page.click("#dialog >> text=Done")
    page.wait_for_selector("tbody >> text=Eve Byrne")
    assert "Invited" in page.inner_text("tbody")
    assert get_user_model().objects.filter(username="eve").count() == 1

    guest = page_as(None)
    guest.goto(link)
    axe(guest)
    guest.wait_for_selector("[name=new_password1]:focus")
    guest.fill("[name=new_password1]", "short")
    guest.fill("[name=new_password2]", "short")
    guest.click("button[type=submit]")
    guest.get_by_text("too short").wait_for()
    guest.wait_for_selector("[name=new_password2].is-invalid:focus")
    guest.fill("[name=new_password1]", PASSWORD)
    guest.fill("[name=new_password2]", PASSWORD)
    guest.click("button[type=submit]")
    guest.fill("[name=username]", "eve")
    guest.fill("[name=password]", PASSWORD)
    guest.click("button[type=submit]")
    guest.wait_for_selector("text=Eve Byrne")
    guest.context.clear_cookies()
    guest.goto(link)
    assert "has been used" in guest.inner_text("h1")
    axe(guest)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "required"),
        ("Admin", "There is a user Admin already"),
        (NASTY, "Use letters"),
        ("e" * 200, "150"),
    ],
)
def test_a_wrong_user_name_is_told_beside_the_field(page_as, axe, typed, said):
    page = page_as("admin")
    page.goto("/users/")
    page.click("text=Invite a user")
    page.wait_for_selector("#dialog [name=username]")
    page.eval_on_selector("#dialog [name=username]", "e => e.removeAttribute('maxlength')")
    page.fill("#dialog [name=username]", typed)
    page.fill("#dialog [name=email]", "nobody")
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("#dialog [role=alert]")
    assert said in page.inner_text("#id_username-error")
    assert page.input_value("#dialog [name=email]") == "nobody"
    assert page.evaluate("document.activeElement.matches('[role=alert], .is-invalid')")
    axe(page)


def test_roles_change_and_the_last_administrator_stays(page_as, person):
    page = page_as("admin")
    person("ben")
    page.goto("/users/")
    page.click("tbody >> text=ben >> nth=0")
    page.wait_for_selector("#dialog[open]")
    page.check("#dialog [value=Designer]")
    page.click("#dialog >> text=OK")
    page.wait_for_selector("text=ben is changed.")
    assert user_named("ben").groups.filter(name="Designer").exists()
    page.click("tbody th a >> nth=0")
    page.wait_for_selector("#dialog[open]")
    page.uncheck("#dialog [value=Administrator]")
    page.click("#dialog >> text=OK")
    page.wait_for_selector("#dialog >> text=last active Administrator >> nth=0")
    assert user_named("admin").groups.filter(name="Administrator").exists()


def test_a_deactivated_person_is_out_at_once(page_as):
    theirs, page = page_as("ben"), page_as("admin")
    theirs.goto("/profile/")
    page.goto("/users/")
    page.click("[aria-label='More for ben']")
    page.wait_for_selector(".k-menu:popover-open a:focus")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.click("#dialog >> text=Deactivate >> nth=-1")
    page.wait_for_selector("text=ben is deactivated.")
    theirs.reload()
    theirs.wait_for_selector("input[name=username]")
    assert AuditEntry.objects.filter(action="deactivated", name="ben").exists()


def test_two_tabs_that_deactivate_one_person_do_not_bring_the_person_back(page_as, person):
    person("ben")
    page = page_as("admin")
    tabs = [page, page.context.new_page()]
    for tab in tabs:
        tab.goto(f"/users/{person('ben').pk}/deactivate/")
    for tab in tabs:
        tab.get_by_role("button", name="Deactivate").click()
        tab.get_by_text("ben is deactivated.").wait_for()
    assert not user_named("ben").is_active
    assert AuditEntry.objects.filter(action="deactivated").count() == 1


def test_what_somebody_else_changed_on_a_user_is_told_and_kept(page_as, person, axe, assert_fits):
    person("ben")
    mine, theirs = page_as("admin"), page_as("eva", 390)
    user_named("eva").groups.add(Group.objects.get(name="Administrator"))
    for page in (mine, theirs):
        page.goto(f"/users/{person('ben').pk}/")
    theirs.check("[value=Designer]")
    theirs.fill("[name=name]", "Ben Byrne")
    theirs.get_by_role("button", name="OK").click()
    theirs.get_by_text("ben is changed.").wait_for()
    mine.check("[value='Data source manager']")
    mine.fill("[name=email]", "ben@example.net")
    mine.get_by_role("button", name="OK").click()
    mine.get_by_text(
        "Roles: User became Designer, User. Yours: Data source manager, User."
    ).wait_for()
    mine.get_by_text("Name: none became Ben Byrne.").wait_for()
    axe(mine)
    assert_fits(mine)
    mine.get_by_role("button", name="OK").click()
    mine.get_by_text("ben is changed.").wait_for()
    ben = user_named("ben")
    assert (ben.get_full_name(), ben.email) == ("Ben Byrne", "ben@example.net")
    assert set(ben.groups.values_list("name", flat=True)) == {
        "User", "Designer", "Data source manager",
    }  # fmt: skip


def test_a_token_is_shown_once_copied_and_revoked(page_as, axe, live_server):
    page = page_as("ben")
    page.goto("/tokens/")
    page.click("text=Create a token")
    page.fill("#dialog [name=name]", f"Night {NASTY}")
    page.check("#dialog [value=read]")
    page.dblclick("#dialog button[type=submit]")
    page.wait_for_selector("#new-token")
    axe(page)
    text = page.inner_text("#new-token")
    page.click("#dialog .k-copy")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == text
    api = page.request.get("/api/v1/instances/", headers={"Authorization": f"Bearer {text}"})
    assert api.status == 200
    page.click("#dialog >> text=Done")
    page.wait_for_selector("tbody >> text=Night")
    assert text not in page.content()
    page.click("tbody >> text=Revoke")
    page.click("#dialog button.btn-danger")
    page.wait_for_selector("tbody >> text=Revoked")
    assert ApiToken.objects.get().revoked_at is not None


def test_nobody_sees_the_tokens_of_others_but_an_administrator(page_as, person):
    from tests.factories import make_token

    make_token(person("ada"))
    ben, admin = page_as("ben"), page_as("admin")
    ben.goto("/tokens/")
    assert "There is no API token yet" in ben.inner_text("main")
    ben.complaints.expect("status of 404")
    assert ben.goto(f"/tokens/{ApiToken.objects.get().pk}/revoke/").status == 404
    admin.goto("/tokens/")
    assert "ada" in admin.inner_text("tbody")


@pytest.mark.parametrize("path", ["/users/", "/users/invite/", "/audit/", "/system/"])
def test_administration_is_for_administrators(page_as, axe, path):
    page = page_as("ada")
    page.complaints.expect("status of 403")
    assert page.goto(path).status == 403
    axe(page)


def test_the_zone_and_theme_of_the_profile_hold_on_every_page(page_as, person):
    page = page_as("ben")
    page.goto("/profile/")
    form = page.get_by_role("form", name="How pages look for you")
    form.get_by_label("Time zone").select_option("Pacific/Auckland")
    form.get_by_label("Theme").select_option("dark")
    form.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Your profile is saved.")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert Profile.objects.get(user=person("ben")).zone == "Pacific/Auckland"
    page.goto("/")
    assert "Pacific/Auckland" in page.inner_text(".k-head")
    page.goto("/profile/")
    page.click("[popovertarget=usermenu]")
    with page.expect_response("**/profile/theme/"):
        page.locator("#usermenu label", has_text="Light").click()
    page.keyboard.press("Escape")
    form.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Your profile is saved.")
    assert page.get_attribute("html", "data-theme") == "light"


def test_the_audit_log_is_searched(page_as, person):
    page = page_as("admin")
    for name in ("first thing", NASTY):
        AuditEntry.objects.create(
            at="2026-11-23T10:00:00Z",
            user_name="ada",
            action="changed",
            kind="datasource",
            name=name,
        )
    page.goto("/audit/")
    assert NASTY in page.inner_text("tbody")
    page.fill("[name=search]", "first")
    page.wait_for_selector(f"tbody:not(:has-text('{NASTY[:8]}'))")
    page.wait_for_url("**search=first**")
    assert "search=first" in page.url
    page.fill("[name=search]", "zzz")
    page.wait_for_selector("text=Nothing fits “zzz”")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_group_is_made_and_its_forms_wait_for_its_members(
    page_as, person, axe, assert_fits, width, scheme
):
    ada, ben = person("ada"), page_as("ben", width, scheme)
    page = page_as("admin", width, scheme)
    page.complaints.expect("status of 422")
    page.goto("/users/")
    page.get_by_role("link", name="Groups", exact=True).click()
    page.get_by_text("There is no group yet").wait_for()
    axe(page)
    assert_fits(page)
    page.get_by_role("link", name="Add a group").click()
    page.wait_for_selector("#dialog [name=name]:focus")
    page.fill("#dialog [name=name]", " designer ")
    page.fill("#dialog [name=members]", f"ben\n{NASTY}\n{LONG}")
    page.keyboard.press("Tab")
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("#id_name-error >> text=designer is a role")
    assert "There is no user <script>alert(1)</script>" in page.inner_text("#id_members-error")
    assert page.input_value("#dialog [name=members]") == f"ben\n{NASTY}\n{LONG}"
    axe(page)
    assert_fits(page)
    page.fill("#dialog [name=more]", "admin")
    group = NASTY + "W" * 40
    page.fill("#dialog [name=name]", group)
    page.fill("#dialog [name=members]", "")
    page.dblclick("#dialog button[type=submit]")
    page.get_by_role("link", name=group).first.wait_for()
    axe(page)
    assert_fits(page)

    page.get_by_role("link", name="Users", exact=True).last.click()
    page.get_by_role("link", name="ben", exact=True).first.click()
    page.get_by_label(group).check()
    axe(page)
    assert_fits(page)
    page.click("#dialog >> text=OK")
    page.get_by_text("ben is changed.").wait_for()

    raw = process(text_field("days"), name="leave", title="Leave", rules=[])
    raw["forms"][0]["fields"].append(button("send", {"type": "submit"}))
    raw["forms"][0] |= {"title": "Asking", "owners": {"groups": [group]}}
    create_design(raw=raw, user=ada)
    publish_design(name="leave", user=ada)
    create_instance(process="leave", mode="live", data={}, user=ada)
    ben.goto("/work/")
    ben.get_by_role("link", name="Asking").wait_for()
    axe(ben)
    assert_fits(ben)

    page.goto("/users/groups/")
    assert page.inner_text("tbody td").split()[-1] == "2"
    page.get_by_role("button", name=f"More for {group}").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_text("It is still used").wait_for()
    axe(page)
    assert_fits(page)
    assert page.get_by_role("link", name="leave-1").get_attribute("href") == "/instances/leave-1/"
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("link", name=group).first.click()
    page.get_by_text("so its name stays as it is").wait_for()
    axe(page)
    assert_fits(page)
