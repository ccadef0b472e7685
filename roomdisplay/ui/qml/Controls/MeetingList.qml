pragma ComponentBehavior: Bound

import QtQuick
import Delegates
import RoomDisplay.Models
import Theme

// The meetings to come, as many as there is room for, never one cut in two. What is left of the
// height makes the rows higher, up to a point; they stand at its bottom.
Item {
    id: list

    required property HomeModel home
    property int size: Theme.body
    // As in MeetingRow.
    property string form: "columns"

    readonly property real rowHeight: form === "stacked" ? Theme.unit * 9 : form === "folded" ? Math.max(Theme.touch, Theme.unit * 9) : Theme.row
    // A row with a button is as high as a finger wants it.
    readonly property real tall: home.joinNext ? Math.max(rowHeight, Theme.touch + Theme.unit) : rowHeight

    readonly property int fitting: height < tall ? 0 : 1 + Math.floor((height - tall) / rowHeight)
    readonly property int shown: Math.min(fitting, home.rowCount)
    readonly property real needs: heightOf(shown)
    readonly property real ease: shown < 1 ? 0 : Math.floor(Math.max(0, Math.min((height - needs) / shown, rowHeight * (Theme.portrait && form === "columns" ? 1 : 0.55))))

    // What the columns of all rows are set by; gathered from the rows that are shown.
    readonly property list<MeetingRow> rows: gathered(repeater.changes)
    readonly property real timeWidth: Math.max(0, ...rows.map(row => row.timeNeeds)) + 1
    readonly property real whoStart: Math.max(Math.max(0, ...rows.map(row => row.whoNeeds)), Math.min(width * 0.54, ...rows.map(row => row.whoLatest)))

    signal joinTapped(meetingId: string)

    // The least height in which that many rows fit.
    function heightOf(count: int): real {
        return count < 1 ? 0 : tall + (count - 1) * rowHeight;
    }

    function gathered(changes: int): list<MeetingRow> {
        const found = [];
        for (let i = 0; changes > 0 && i < shown; i++) {
            const row = repeater.itemAt(i) as MeetingRow;
            if (row !== null)
                found.push(row);
        }
        return found;
    }

    Column {
        width: list.width
        y: list.height - list.needs - list.ease * list.shown

        Repeater {
            id: repeater

            property int changes: 0

            model: list.home.rows

            onItemAdded: changes++
            onItemRemoved: changes++

            MeetingRow {
                fitting: list.fitting
                form: list.form
                height: (index === 0 ? list.tall : list.rowHeight) + list.ease
                size: list.size
                timeWidth: list.timeWidth
                whoStart: list.whoStart
                width: list.width

                onJoinTapped: meetingId => list.joinTapped(meetingId)
            }
        }
    }
}
