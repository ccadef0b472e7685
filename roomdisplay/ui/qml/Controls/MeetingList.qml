pragma ComponentBehavior: Bound

import QtQuick
import Delegates
import RoomDisplay.Models
import Theme

// The meetings to come, as many as there is room for, never one cut in two.
Item {
    id: list

    required property HomeModel home
    property int size: Theme.body
    property bool wide: true

    readonly property int fitting: Math.max(0, Math.floor(height / Theme.row))
    readonly property int shown: Math.min(fitting, home.rowCount)

    signal joinTapped(meetingId: string)

    TextMetrics {
        id: longest

        font.family: Theme.family
        font.features: ({
                tnum: 1
            })
        font.pixelSize: list.size
        text: list.home.longestTime
    }

    Column {
        width: list.width
        y: list.height - list.shown * Theme.row

        Repeater {
            model: list.home.rows

            MeetingRow {
                fitting: list.fitting
                size: list.size
                timeWidth: Math.ceil(longest.advanceWidth) + 1
                wide: list.wide
                width: list.width

                onJoinTapped: meetingId => list.joinTapped(meetingId)
            }
        }
    }
}
