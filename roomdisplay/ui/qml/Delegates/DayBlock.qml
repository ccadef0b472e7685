pragma ComponentBehavior: Bound

import QtQuick
import Theme

// One busy stretch of the day bar.
Rectangle {
    required property real begins
    required property real ends
    required property string kind
    required property real span

    color: kind === "current" ? Theme.current : kind === "past" ? Theme.past : Theme.coming
    width: Math.max(Theme.hairline * 2, Math.round(ends * span) - x - Theme.hairline * 2)
    x: Math.round(begins * span)
}
