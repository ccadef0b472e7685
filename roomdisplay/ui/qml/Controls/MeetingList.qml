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
    // Who called a meeting stands under its title, not in a column of its own.
    property bool stacked: false

    readonly property real rowHeight: stacked ? Theme.unit * 9 : Theme.row
    // A row with a button is as high as a finger wants it.
    readonly property real tall: home.joinNext ? Math.max(rowHeight, Theme.touch + Theme.unit) : rowHeight

    readonly property int fitting: height < tall ? 0 : 1 + Math.floor((height - tall) / rowHeight)
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
        y: list.height - (list.shown > 0 ? list.tall + (list.shown - 1) * list.rowHeight : 0)

        Repeater {
            model: list.home.rows

            MeetingRow {
                fitting: list.fitting
                height: index === 0 ? list.tall : list.rowHeight
                size: list.size
                timeWidth: Math.ceil(longest.advanceWidth) + 1
                stacked: list.stacked
                wide: list.wide
                width: list.width

                onJoinTapped: meetingId => list.joinTapped(meetingId)
            }
        }
    }
}
