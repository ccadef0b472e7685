pragma ComponentBehavior: Bound

import QtQuick
import Controls
import Theme

// A meeting to come, in columns: when, what, who, and by which service. A title is cut short only
// when everything after it has gone.
Item {
    id: row

    required property int index
    required property string meetingId
    required property string time
    required property string title
    required property string detail
    required property string service
    required property bool quiet
    required property string join
    required property int size
    // How many rows there is room for.
    required property int fitting
    // columns; stacked: who stands under what; folded: when and who stand above what.
    required property string form
    // Where the columns of all rows begin, besides their own needs.
    required property real timeWidth
    required property real whoStart

    signal joinTapped(meetingId: string)

    readonly property bool columns: form === "columns"
    readonly property bool stacked: form === "stacked"
    // A button leaves no room for a column beside the time.
    readonly property bool folded: form === "folded" || stacked && join !== ""
    readonly property bool inTwo: folded || stacked && detail !== ""
    readonly property real upper: Math.round(height / 2 - Theme.unit * (folded ? 1.2 : 0.9))
    readonly property real lower: Math.round(height / 2 + Theme.unit * (folded ? 1.2 : 0.9))
    readonly property real endsAt: button.visible ? width - button.width - Theme.gap : how.visible ? how.x - Theme.gap : width

    // What the columns follow from. A title that leaves no room for the organiser sets none.
    readonly property real timeNeeds: folded ? 0 : when.naturalWidth
    readonly property real titleEnd: what.x + what.naturalWidth + Theme.gap
    readonly property real whoLeast: Math.min(who.naturalWidth, Theme.unit * 11)
    readonly property bool whoFits: detail !== "" && endsAt - titleEnd >= whoLeast
    readonly property real whoNeeds: columns && whoFits ? titleEnd : 0
    readonly property real whoLatest: columns && whoFits ? endsAt - who.naturalWidth : width

    visible: index < fitting

    Rectangle {
        color: Theme.rule
        height: Theme.hairline
        width: row.width
    }

    CapText {
        id: when

        color: Theme.softInk
        font.pixelSize: row.size
        text: row.time
        width: row.folded ? Math.min(implicitWidth, row.endsAt) : row.timeWidth
        y: row.folded ? row.upper - height : Math.round((row.height - height) / 2)
    }

    CapText {
        id: what

        color: row.quiet ? Theme.softInk : Theme.ink
        font.pixelSize: row.size
        font.weight: Font.Medium
        text: row.title
        width: Math.max(0, (row.columns && row.whoFits ? who.x - Theme.gap : row.endsAt) - x)
        x: row.folded ? 0 : row.timeWidth + Theme.gap
        y: row.folded ? row.lower : row.inTwo ? row.upper - height : Math.round((row.height - height) / 2)
    }

    CapText {
        id: who

        color: Theme.softInk
        font.pixelSize: row.size
        text: row.detail
        visible: text !== "" && (row.whoFits || !row.columns)
        width: Math.max(0, row.endsAt - x)
        x: row.folded ? when.width + Theme.tight * 1.5 : row.stacked ? what.x : Math.max(row.whoStart, row.titleEnd)
        y: row.folded ? row.upper - height : row.inTwo ? row.lower : Math.round((row.height - height) / 2)
    }

    CapText {
        id: how

        anchors.verticalCenter: row.verticalCenter
        color: Theme.softInk
        font.pixelSize: row.size
        text: button.visible ? "" : row.service
        width: implicitWidth
        x: row.width - width
    }

    TapButton {
        id: button

        anchors.right: row.right
        anchors.verticalCenter: row.verticalCenter
        height: Math.min(Math.max(Theme.touch, row.size * 2), row.height - Theme.unit)
        label: row.join
        primary: false
        size: row.size

        onTapped: row.joinTapped(row.meetingId)
    }
}
