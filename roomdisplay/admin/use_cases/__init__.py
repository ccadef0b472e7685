"""What the Admin Center can do: plain async functions; pages, handlers, jobs are thin over them.

Every function takes `admin: Admin` first and, where a person acts, `actor: Actor` second (from
`sessions.who_is`). They raise `roomdisplay.admin.errors.AdminError` subclasses; the key is what
pages translate. Views are frozen dataclasses with plain values and UTC instants.

people.py
    invite_owner(admin) -> IssuedInvitation(url, role, expires_at)
    invite(admin, actor, role, *, room_ids=None, valid_for=7 days) -> IssuedInvitation
    look_at_invitation(admin, token) -> InvitationView(role, expires_at)
    accept_invitation(admin, token, *, name, email, password, language, client) -> SignedIn
    list_people(admin, actor) -> list[PersonView]
    change_role(admin, actor, person_id, role); disable_person(admin, actor, person_id)
    change_password(admin, actor, old, new); change_language(admin, actor, language)
installer_links.py
    make_installer_link(admin, actor, room_ids, *, pairings, valid_for) -> IssuedLink(url, ...)
    list_installer_links(admin, actor); revoke_installer_link(admin, actor, link_id)
    look_at_installer_link(admin, token); begin_by_link(admin, token, *, name, client) -> SignedIn
    spend_pairing(admin, session, actor): in the transaction that confirms the pairing
sessions.py
    Client(address, agent); SignedIn(token, expires_at); SignedInAs(actor, session_id, email,
    language)
    sign_in(admin, email, password, client) -> SignedIn
    who_is(admin, token) -> SignedInAs | None
    sign_out(admin, token)
    list_sessions(admin, actor) -> list[SessionView]; end_session(admin, actor, session_id)
services.py
    offered_services() -> tuple[str, ...]; service_fields(service) -> tuple[Field, ...]
    connect_service(admin, actor, service, name, form, *, consents=None) -> connection id
    change_connection(admin, actor, connection_id, form): tried live first; an empty secret stays
    rename_connection(admin, actor, connection_id, name)
    check_connection(admin, actor, connection_id): tries it and lists its calendars anew
    disconnect_service(admin, actor, connection_id, *, confirm=False): for good
    disconnect_for_now(admin, actor, connection_id): rooms keep their calendars (disconnecting.py)
    list_connections(admin, actor) -> list[ConnectionView]
    get_connection(admin, actor, connection_id) -> ConnectionView
    list_calendars(admin, actor, *, connection_id=None, search="") -> list[CalendarView]
    add_typed_calendar(admin, actor, connection_id, address) -> calendar id
authorization.py (services with `registry.Service.window`; the browser comes back to CALLBACK_PATH)
    begin_authorization(admin, actor, session_id, service, name, form, consents=None,
    connection_id=None) -> url to send the browser to
    finish_authorization(admin, actor, session_id, state, *, code="", error="") -> connection id
consents.py (services with `registry.Service.consents`)
    consent_documents(admin) -> {"terms": address, "privacy": address}, empty: none was set
    list_consents(admin, actor, connection_id) -> list[ConsentView]
told.py
    how_told(admin, actor, connection_id) -> ToldView(push, origin, calendars): by whom each is told
doctor.py
    ask_doctor(admin, actor, connection_id, *, room=None, invitation=False): in the background
    doctor_report(admin, actor, connection_id) -> DoctorView(findings, verdict, next_at, waiting)
    run_doctor(admin, actor, connection_id, *, room=None, invitation=False): findings as they come
sent_steps.py
    send_step(admin, actor, variant, fields) -> IssuedStep(url, expires_at): Step 1 by a link
    look_at_sent_step(admin, token) -> SentStepView(variant, fields, sender, expires_at)
    open_sent_step(admin, token) -> OpenedStep(secret, expires_at): once
    opened_step(admin, secret) -> SentStepView
rooms.py
    RoomInput(name, timezone, building, floor, capacity, equipment, out_of_service)
    list_rooms(admin, actor, *, search="") -> list[RoomView]; get_room(admin, actor, room_id)
    create_room(admin, actor, room) -> room id; edit_room(admin, actor, room_id, room)
    delete_room(admin, actor, room_id, *, confirm=False)
    next_room_without_calendar(admin, actor, *, after=None) -> room id | None
assignment.py
    assign_calendar(admin, actor, room_id, calendar_id, *, confirm=False) -> Assignment
    assign_address(admin, actor, room_id, connection_id, address, *, confirm=False) -> Assignment
    remove_calendar(admin, actor, room_id, *, confirm=False) -> Assignment
    undo_assignment(admin, actor, room_id)
    create_rooms_from_calendars(admin, actor, calendar_ids, *, timezone, building=None) -> room ids
    give_calendar(admin, session, actor, room, calendar); room_of_calendar(...): in a transaction
matches.py
    suggest_matches(admin, actor) -> list[Match]: rooms, displays and free calendars of one name
    accept_matches(admin, actor, accepted, *, timezone) -> room ids: all or none
room_csv.py
    rooms_csv(admin, actor, *, delimiter=",") -> str
    preview_rooms(admin, actor, text, *, zone) -> SheetPlan; import_rooms(..., digest) -> Imported
missed_codes.py
    repeated_misses(admin, actor) -> list[MissedCodes]: of the last hour
devices.py
    list_devices(admin, actor, *, search="") -> list[DeviceView]; get_device(admin, actor, id)
    rename_device(admin, actor, device_id, name); change_place(admin, actor, device_id, place)
    move_device(admin, actor, device_id, room_id | None)
    choose_conference_display(admin, actor, device_id); revoke_device(admin, actor, device_id)
    identify_device(admin, actor, device_id) -> command id
activation.py
    make_activation_codes(admin, actor, room_ids, *, place, valid_for=14 days) -> list[IssuedCode]
    codes_csv(codes) -> str
    list_activation_codes(admin, actor) -> list[ActivationCodeView]
    withdraw_activation_code(admin, actor, code_id)
    redeem_activation_code(admin, session, code, key_thumbprint) -> ActivationCode row
settings.py
    get_settings(admin, actor, scope) -> dict of what the scope itself sets
    change_settings(admin, actor, scope, values): scope "global", "building:<name>", "room:<id>"
    or "device:<id>"; the keys are `roomdisplay.admin.policies.KEYS`
schedule.py
    room_schedule(admin, device_id) -> (ScheduleMessage, FreshnessMessage, etag)
    room_freshness(admin, device_id) -> FreshnessMessage
    room_preview(admin, actor, room_id, place) -> (ScheduleMessage, FreshnessMessage)
    join_tickets(admin, device_id) -> JoinTicketsMessage
check_in.py
    check_in(admin, device_id, meeting_id, ago, key) -> datetime it was done at
audit.py
    record(admin, session, actor, action, ...)
    list_audit(admin, actor, *, room_id=None, limit=200) -> list[AuditView]
overview.py
    overview(admin, actor) -> Overview
"""
