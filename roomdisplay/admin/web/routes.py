"""All pages as one router, with what holds for each of them."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler, ExceptionHandlersMap

from roomdisplay.admin.errors import AdminError
from roomdisplay.admin.web import live, static_files
from roomdisplay.admin.web.errors import admin_error_page, http_error_page
from roomdisplay.admin.web.pages import (
    account,
    choose,
    codes,
    demo,
    devices,
    installers,
    matches,
    overview,
    pair,
    records,
    room,
    rooms,
    services,
    settings,
    setup,
)
from roomdisplay.admin.web.visit import open_visit, provide_visit

exception_handlers: ExceptionHandlersMap = {
    AdminError: admin_error_page,
    Exception: http_error_page,
}
"""For the application, so that an address that is not there gets a page of ours, too."""

pages = Router(
    path="/",
    route_handlers=[
        account.sign_in_page,
        account.do_sign_in,
        account.do_sign_out,
        account.invitation_page,
        account.accept,
        account.set_language,
        choose.applied_page,
        choose.apply,
        choose.apply_to_device,
        choose.choose_for_device_page,
        choose.choose_page,
        choose.remove,
        choose.undo,
        codes.codes_page,
        codes.make_codes,
        codes.withdraw,
        demo.jump,
        demo.network,
        demo.next_state,
        demo.restart,
        devices.conference,
        devices.device_page,
        devices.devices_page,
        devices.identify,
        devices.move,
        devices.place,
        devices.remove,
        devices.rename,
        installers.installer_page,
        installers.make_link,
        installers.open_link,
        installers.revoke_link,
        live.live,
        matches.apply_matches,
        matches.matches_page,
        overview.overview_page,
        pair.decide,
        pair.enter_code,
        pair.pair_page,
        pair.progress_page,
        records.audit_page,
        records.disable,
        records.end,
        records.invite_person,
        records.people_page,
        records.set_password,
        records.set_role,
        room.remove_room,
        room.room_page,
        room.save_room_settings,
        rooms.from_calendars_page,
        rooms.make_room,
        rooms.make_rooms,
        rooms.new_room_page,
        rooms.next_page,
        rooms.rooms_page,
        rooms.save_room,
        services.change,
        services.check,
        services.connect,
        services.connection_page,
        services.disconnect,
        services.rename,
        services.service_page,
        services.services_page,
        settings.save_settings,
        settings.settings_page,
        setup.do_setup,
        setup.setup_page,
    ],
    before_request=open_visit,
    dependencies={"visit": Provide(provide_visit)},
    exception_handlers=exception_handlers,
    include_in_schema=False,
)
web_routes: list[ControllerRouterHandler] = [pages, static_files.static_file]
