pragma ComponentBehavior: Bound

import QtQuick
import Controls
import Delegates
import RoomDisplay.Models

// What an administrator asks for on the telephone.
Sheet {
    id: sheet

    required property GlassModel glass
    required property HomeModel home

    back: home.lessLabel
    headline: home.room

    onBackTapped: glass.closeSheet()

    Column {
        anchors.fill: parent

        Repeater {
            model: sheet.glass.deviceFacts

            FactRow {
                width: parent?.width ?? 0
            }
        }
    }
}
