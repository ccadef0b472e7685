pragma ComponentBehavior: Bound

import QtQuick
import Controls
import RoomDisplay.Models
import Theme

// The meetings that had no room on a small screen.
Sheet {
    id: sheet

    required property GlassModel glass
    required property HomeModel home

    back: home.lessLabel
    headline: home.rowsLabel

    onBackTapped: glass.closeSheet()

    MeetingList {
        anchors.fill: parent
        form: Theme.portrait ? "stacked" : "columns"
        home: sheet.home

        onJoinTapped: meetingId => {
            sheet.glass.closeSheet();
            sheet.glass.join(meetingId);
        }
    }
}
