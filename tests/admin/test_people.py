"""First start, invitations, sign-in, sessions."""

from __future__ import annotations

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RefusedError,
    SignInFailedError,
    TooManyTriesError,
)
from roomdisplay.admin.security.roles import Actor, Permission, Role
from roomdisplay.admin.use_cases import audit, people, sessions
from roomdisplay.admin.use_cases.sessions import Client

HERE = Client(address="192.0.2.1", agent="Firefox")
PASSWORD = "correct horse battery staple"


def token_of(link: people.IssuedInvitation) -> str:
    return link.url.rsplit("/", 1)[1]


async def join(admin: Admin, token: str, email: str, name: str = "Bo") -> sessions.SignedIn:
    return await people.accept_invitation(
        admin, token, name=name, email=email, password=PASSWORD, language="fr", client=HERE
    )


async def test_the_first_owner_comes_in_by_a_link_that_looking_does_not_use_up(
    admin: Admin,
) -> None:
    link = await people.invite_owner(admin)
    assert link.url.startswith("https://rooms.example.com/invitation/")
    for _ in range(3):  # a mail scanner follows it
        assert (await people.look_at_invitation(admin, token_of(link))).role is Role.OWNER
    signed_in = await join(admin, token_of(link), " Ada@Example.com ", "Ada")
    who = await sessions.who_is(admin, signed_in.token)
    assert who is not None
    assert (who.actor.name, who.actor.role, who.email, who.language) == (
        "Ada",
        Role.OWNER,
        "ada@example.com",
        "fr",
    )
    with pytest.raises(NotFoundError):
        await people.look_at_invitation(admin, token_of(link))
    with pytest.raises(NotFoundError):
        await join(admin, token_of(link), "eve@example.com")


async def test_links_for_the_first_owner_die_when_there_is_one(admin: Admin) -> None:
    lost, used = await people.invite_owner(admin), await people.invite_owner(admin)
    await join(admin, token_of(used), "ada@example.com")
    with pytest.raises(NotFoundError):
        await people.look_at_invitation(admin, token_of(lost))


async def test_a_locked_out_owner_comes_back_as_themselves(admin: Admin, owner: Actor) -> None:
    before = await sessions.sign_in(admin, "ada@example.com", PASSWORD, HERE)
    link = await people.invite_owner(admin)
    signed_in = await people.accept_invitation(
        admin,
        token_of(link),
        name="Ada",
        email="ada@example.com",
        password="another long password",
        client=HERE,
    )
    assert signed_in.actor.id == owner.id
    assert await sessions.who_is(admin, before.token) is None
    await sessions.sign_in(admin, "ada@example.com", "another long password", HERE)


async def test_an_invited_viewer_cannot_take_the_owners_account(admin: Admin, owner: Actor) -> None:
    link = await people.invite(admin, owner, Role.VIEWER)
    with pytest.raises(InvalidInputError) as refused:
        await join(admin, token_of(link), "ada@example.com")
    assert refused.value.fields == {"email": "email_taken"}
    await sessions.sign_in(admin, "ada@example.com", PASSWORD, HERE)
    assert (await join(admin, token_of(link), "vera@example.com")).actor.role is Role.VIEWER


async def test_invitations_expire(admin: Admin, owner: Actor, clock: object) -> None:
    link = await people.invite(admin, owner, Role.VIEWER)
    clock.pass_(days=7)
    with pytest.raises(NotFoundError):
        await join(admin, token_of(link), "vera@example.com")


async def test_every_field_that_cannot_be_taken_is_named(admin: Admin) -> None:
    link = await people.invite_owner(admin)
    with pytest.raises(InvalidInputError) as refused:
        await people.accept_invitation(
            admin, token_of(link), name=" ", email="nobody", password="short", client=HERE
        )
    assert set(refused.value.fields) == {"name", "email", "password"}
    await people.look_at_invitation(admin, token_of(link))  # and the link is still good


@pytest.mark.usefixtures("owner")
async def test_wrong_passwords_and_unknown_people_are_refused_alike(admin: Admin) -> None:
    refusals = []
    for email, password in (("ada@example.com", "wrong password"), ("eve@example.com", PASSWORD)):
        with pytest.raises(SignInFailedError) as refused:
            await sessions.sign_in(admin, email, password, HERE)
        refusals.append((refused.value.key, refused.value.params))
    assert refusals[0] == refusals[1]


async def test_missed_tries_slow_one_account_down_from_one_address_only(
    admin: Admin, owner: Actor, clock: object
) -> None:
    for _ in range(5):
        with pytest.raises(SignInFailedError):
            await sessions.sign_in(admin, "ada@example.com", "wrong password", HERE)
    with pytest.raises(TooManyTriesError) as slowed:
        await sessions.sign_in(admin, "ada@example.com", PASSWORD, HERE)
    assert slowed.value.retry_after.total_seconds() == 1
    # A colleague behind the same address, and the owner from elsewhere, come in at once.
    link = await people.invite(admin, owner, Role.ROOMS_ADMIN)
    await join(admin, token_of(link), "bo@example.com")
    await sessions.sign_in(admin, "bo@example.com", PASSWORD, HERE)
    await sessions.sign_in(admin, "ada@example.com", PASSWORD, Client(address="198.51.100.7"))
    clock.pass_(seconds=1)
    await sessions.sign_in(admin, "ada@example.com", PASSWORD, HERE)


async def test_a_session_ends_when_idle_when_old_and_when_ended(
    admin: Admin, owner: Actor, clock: object
) -> None:
    async def begin() -> str:
        return (await sessions.sign_in(admin, "ada@example.com", PASSWORD, HERE)).token

    idle = await begin()
    clock.pass_(hours=12)
    assert await sessions.who_is(admin, idle) is None

    used = await begin()
    for _ in range(14 * 3):
        assert await sessions.who_is(admin, used) is not None
        clock.pass_(hours=8)
    assert await sessions.who_is(admin, used) is None

    out, ended = await begin(), await begin()
    await sessions.sign_out(admin, out)
    assert await sessions.who_is(admin, out) is None
    listed = await sessions.list_sessions(admin, owner)
    assert [(one.person, one.address, one.agent) for one in listed] == [
        ("Ada Owner", "192.0.2.1", "Firefox")
    ]
    await sessions.end_session(admin, owner, listed[0].id)
    assert await sessions.who_is(admin, ended) is None


async def test_one_cannot_end_or_see_somebody_elses_session(admin: Admin, owner: Actor) -> None:
    await sessions.sign_in(admin, "ada@example.com", PASSWORD, HERE)
    link = await people.invite(admin, owner, Role.VIEWER)
    viewer = (await join(admin, token_of(link), "vera@example.com")).actor
    mine = await sessions.list_sessions(admin, viewer)
    assert {one.person for one in mine} == {"Bo"}
    everyones = await sessions.list_sessions(admin, owner)
    theirs = next(one for one in everyones if one.person == "Ada Owner")
    with pytest.raises(NotFoundError):
        await sessions.end_session(admin, viewer, theirs.id)


async def test_disabling_and_demoting_never_leave_the_house_without_an_owner(
    admin: Admin, owner: Actor
) -> None:
    assert owner.id is not None
    with pytest.raises(RefusedError):
        await people.disable_person(admin, owner, owner.id)
    with pytest.raises(RefusedError):
        await people.change_role(admin, owner, owner.id, Role.VIEWER)
    assert (await people.list_people(admin, owner))[0].role is Role.OWNER

    link = await people.invite(admin, owner, Role.OWNER)
    second = await join(admin, token_of(link), "bo@example.com")
    await people.disable_person(admin, second.actor, owner.id)
    with pytest.raises(SignInFailedError):
        await sessions.sign_in(admin, "ada@example.com", PASSWORD, HERE)


async def test_an_installer_has_the_rooms_named_and_no_others(admin: Admin, owner: Actor) -> None:
    link = await people.invite(admin, owner, Role.INSTALLER, room_ids=["atlas"])
    named = await join(admin, token_of(link), "bo@example.com")
    assert named.actor.may(Permission.PAIR, "atlas")
    assert not named.actor.may(Permission.PAIR, "zephyr")

    link = await people.invite(admin, owner, Role.VIEWER)
    viewer = await join(admin, token_of(link), "cy@example.com", "Cy")
    assert viewer.actor.id is not None
    await people.change_role(admin, owner, viewer.actor.id, Role.INSTALLER)
    demoted = await sessions.who_is(admin, viewer.token)
    assert demoted is not None
    assert not demoted.actor.may(Permission.PAIR, "atlas")

    assert named.actor.id is not None
    await people.change_role(admin, owner, named.actor.id, Role.ROOMS_ADMIN)
    promoted = await sessions.who_is(admin, named.token)
    assert promoted is not None
    assert promoted.actor.may(Permission.PAIR, "zephyr")


async def test_changing_the_password_ends_the_sessions(admin: Admin, owner: Actor) -> None:
    other = await sessions.sign_in(admin, "ada@example.com", PASSWORD, HERE)
    with pytest.raises(InvalidInputError):
        await people.change_password(admin, owner, "not the password", "quite another one")
    await people.change_password(admin, owner, PASSWORD, "quite another one")
    assert await sessions.who_is(admin, other.token) is None
    await sessions.sign_in(admin, "ada@example.com", "quite another one", HERE)


async def test_a_viewer_invites_nobody_and_reads_no_audit_log(admin: Admin, viewer: Actor) -> None:
    with pytest.raises(ForbiddenError):
        await people.invite(admin, viewer, Role.OWNER)
    with pytest.raises(ForbiddenError):
        await people.list_people(admin, viewer)
    with pytest.raises(ForbiddenError):
        await audit.list_audit(admin, viewer)


async def test_the_audit_log_tells_who_did_it_and_holds_no_secret(
    admin: Admin, owner: Actor
) -> None:
    link = await people.invite(admin, owner, Role.VIEWER)
    await join(admin, token_of(link), "vera@example.com")
    entries = await audit.list_audit(admin, owner)
    assert {(one.actor, one.action) for one in entries} == {
        ("Ada Owner", "person.invited"),
        ("Bo", "person.joined"),
    }
    assert token_of(link) not in repr(entries)
    assert token_of(link) not in repr(link)
