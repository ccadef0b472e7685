<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr_FR">
<context>
    <name>Call</name>
    <message>
        <source>By telephone: {number}</source>
        <translation>Par téléphone&#xa0;: {number}</translation>
    </message>
    <message>
        <source>Connecting to {service}…</source>
        <translation>Connexion à {service}…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annuler</translation>
    </message>
    <message>
        <source>In the call · {service}</source>
        <translation>En visioconférence · {service}</translation>
    </message>
    <message>
        <source>Leave</source>
        <translation>Quitter</translation>
    </message>
    <message>
        <source>Opening on the big screen</source>
        <translation>Ouverture sur le grand écran</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Fermer</translation>
    </message>
    <message>
        <source>{service} did not open</source>
        <translation>{service} ne s&apos;est pas ouvert</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Réessayer</translation>
    </message>
    <message>
        <source>No connection to the Admin Center, so the address of the call is not here. Join from your own device, or by telephone: the invitation says how.</source>
        <translation>Pas de liaison avec le centre d&apos;administration&#xa0;: l&apos;adresse de la visioconférence manque ici. Rejoignez-la depuis votre appareil ou par téléphone, comme l&apos;indique l&apos;invitation.</translation>
    </message>
    <message>
        <source>The Admin Center did not give the meeting&apos;s address.</source>
        <translation>Le centre d&apos;administration n&apos;a pas donné l&apos;adresse de la réunion.</translation>
    </message>
    <message>
        <source>The room&apos;s big screen does not answer.</source>
        <translation>Le grand écran de la salle ne répond pas.</translation>
    </message>
    <message>
        <source>No connection to the Admin Center, so the big screen cannot be told. Join on the big screen itself.</source>
        <translation>Pas de liaison avec le centre d&apos;administration&#xa0;: impossible de prévenir le grand écran. Rejoignez sur le grand écran lui-même.</translation>
    </message>
    <message>
        <source>Nothing happened. Please try again.</source>
        <translation>Rien ne s&apos;est passé. Veuillez réessayer.</translation>
    </message>
    <message>
        <source>This display is still starting. Please try again in a moment.</source>
        <translation>Cet écran démarre encore. Veuillez réessayer dans un instant.</translation>
    </message>
    <message>
        <source>This meeting can no longer be joined.</source>
        <translation>Il n&apos;est plus possible de rejoindre cette réunion.</translation>
    </message>
    <message>
        <source>No browser is installed on this display. Tell your administrator.</source>
        <translation>Aucun navigateur n&apos;est installé sur cet écran. Prévenez votre administrateur.</translation>
    </message>
    <message>
        <source>The browser does not start on this display. Tell your administrator.</source>
        <translation>Le navigateur ne démarre pas sur cet écran. Prévenez votre administrateur.</translation>
    </message>
    <message>
        <source>The browser could not open the call.</source>
        <translation>Le navigateur n&apos;a pas pu ouvrir la visioconférence.</translation>
    </message>
    <message>
        <source>The call&apos;s service does not answer. Try again, or join from your own device.</source>
        <translation>Le service de visioconférence ne répond pas. Réessayez, ou rejoignez depuis votre appareil.</translation>
    </message>
</context>
<context>
    <name>Device</name>
    <message>
        <source>Admin Center</source>
        <translation>Centre d&apos;administration</translation>
    </message>
    <message>
        <source>Display</source>
        <translation>Écran</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Version</translation>
    </message>
    <message>
        <source>Keyring</source>
        <translation>Trousseau</translation>
    </message>
    <message>
        <source>Last fault</source>
        <translation>Dernière panne</translation>
    </message>
    <message>
        <source>Notice</source>
        <translation>Remarque</translation>
    </message>
</context>
<context>
    <name>Home</name>
    <message>
        <source>More</source>
        <translation>Plus</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Fermer</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Ensuite</translation>
    </message>
    <message>
        <source>Join · {service}</source>
        <translation>Rejoindre · {service}</translation>
    </message>
    <message>
        <source>Checking in…</source>
        <translation>Confirmation…</translation>
    </message>
    <message>
        <source>I&apos;m here</source>
        <translation>Je suis là</translation>
    </message>
    <message>
        <source>according to the feed, {time}</source>
        <translation>selon le flux, {time}</translation>
    </message>
</context>
<context>
    <name>Meeting</name>
    <message>
        <source>Private meeting</source>
        <translation>Réunion privée</translation>
    </message>
    <message>
        <source>Meeting</source>
        <translation>Réunion</translation>
    </message>
    <message>
        <source>reserved</source>
        <translation>réservée</translation>
    </message>
    <message>
        <source>All day</source>
        <translation>Journée</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Key in a plain file: for trials only</source>
        <translation>Clé dans un fichier en clair&#xa0;: pour essais seulement</translation>
    </message>
    <message>
        <source>Confirmations were lost with a damaged file: confirm again if you are asked</source>
        <translation>Des confirmations ont été perdues avec un fichier endommagé&#xa0;: confirmez à nouveau si on vous le demande</translation>
    </message>
</context>
<context>
    <name>Pairing</name>
    <message>
        <source>Asking the Admin Center for a code…</source>
        <translation>Demande d&apos;un code au centre d&apos;administration…</translation>
    </message>
    <message>
        <source>Scan, or enter the code at</source>
        <translation>Scannez, ou saisissez le code sur</translation>
    </message>
    <message>
        <source>Enter the code at</source>
        <translation>Saisissez le code sur</translation>
    </message>
    <message>
        <source>Pair again: scan, or enter the code at</source>
        <translation>À associer de nouveau&#xa0;: scannez, ou saisissez le code sur</translation>
    </message>
    <message>
        <source>Pair again: enter the code at</source>
        <translation>Associez-le à nouveau&#xa0;: saisissez le code sur</translation>
    </message>
    <message>
        <source>These four words must stand there too</source>
        <translation>Ces quatre mots doivent s&apos;y lire aussi</translation>
    </message>
    <message numerus="yes">
        <source>New code in %n min</source>
        <translation>
            <numerusform>Nouveau code dans %n&#xa0;min</numerusform>
            <numerusform>Nouveau code dans %n&#xa0;min</numerusform>
        </translation>
    </message>
    <message>
        <source>Choose a calendar</source>
        <translation>Choisir un calendrier</translation>
    </message>
    <message>
        <source>With your phone, in the same network as this screen.</source>
        <translation>Avec votre téléphone, sur le même réseau que cet écran.</translation>
    </message>
    <message>
        <source>Show the code</source>
        <translation>Afficher le code</translation>
    </message>
    <message>
        <source>Your phone will say that it does not know this screen. Go on: it is yours.</source>
        <translation>Votre téléphone dira qu&apos;il ne connaît pas cet écran. Continuez&#xa0;: c&apos;est le vôtre.</translation>
    </message>
    <message>
        <source>Scan the code with your phone, and paste the address there.</source>
        <translation>Scannez le code avec votre téléphone et collez-y l&apos;adresse.</translation>
    </message>
    <message numerus="yes">
        <source>Good for %n min</source>
        <translation>
            <numerusform>Valable %n min</numerusform>
            <numerusform>Valable %n min</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>State</name>
    <message>
        <source>Pair this screen</source>
        <translation>Associer cet écran</translation>
    </message>
    <message>
        <source>Removed by an administrator</source>
        <translation>Écran retiré par un administrateur</translation>
    </message>
    <message>
        <source>No calendar yet</source>
        <translation>Aucun calendrier</translation>
    </message>
    <message>
        <source>Closed</source>
        <translation>Hors service</translation>
    </message>
    <message>
        <source>Setting the clock</source>
        <translation>Mise à l&apos;heure</translation>
    </message>
    <message>
        <source>No information</source>
        <translation>Pas d&apos;information</translation>
    </message>
    <message>
        <source>In use?</source>
        <translation>Occupée&#xa0;?</translation>
    </message>
    <message>
        <source>Free?</source>
        <translation>Libre&#xa0;?</translation>
    </message>
    <message>
        <source>Not confirmed</source>
        <translation>Non confirmée</translation>
    </message>
    <message>
        <source>Over time</source>
        <translation>Prolongée</translation>
    </message>
    <message>
        <source>Reserved</source>
        <translation>Réservée</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>Occupée</translation>
    </message>
    <message>
        <source>Free</source>
        <translation>Libre</translation>
    </message>
    <message>
        <source>Manage Rooms → Add a calendar → Apply</source>
        <translation>Gérer les salles → Ajouter un calendrier → Appliquer</translation>
    </message>
    <message>
        <source>check your calendar</source>
        <translation>voyez votre agenda</translation>
    </message>
    <message>
        <source>for the rest of the day</source>
        <translation>jusqu&apos;à ce soir</translation>
    </message>
    <message numerus="yes">
        <source>free in %n s</source>
        <translation>
            <numerusform>libre dans %n&#xa0;s</numerusform>
            <numerusform>libre dans %n&#xa0;s</numerusform>
        </translation>
    </message>
    <message>
        <source>next meeting since {time}</source>
        <translation>réunion suivante depuis {time}</translation>
    </message>
    <message>
        <source>check in before {time}</source>
        <translation>confirmez avant {time}</translation>
    </message>
    <message numerus="yes">
        <source>%n min left, then reserved</source>
        <translation>
            <numerusform>encore %n&#xa0;min, puis réservée</numerusform>
            <numerusform>encore %n&#xa0;min, puis réservée</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %n min</source>
        <translation>
            <numerusform>dans %n&#xa0;min</numerusform>
            <numerusform>dans %n&#xa0;min</numerusform>
        </translation>
    </message>
    <message>
        <source>until the end of {day}</source>
        <translation>jusqu&apos;à {day} soir</translation>
    </message>
    <message>
        <source>until {time}</source>
        <translation>jusqu&apos;à {time}</translation>
    </message>
    <message>
        <source>as of {time}</source>
        <translation>état à {time}</translation>
    </message>
</context>
<context>
    <name>Time</name>
    <message>
        <source>ddd d MMM</source>
        <comment>Qt date pattern of the header</comment>
        <translation>ddd d MMM</translation>
    </message>
    <message>
        <source>d MMM</source>
        <comment>Qt date pattern of a day far off</comment>
        <translation>d MMM</translation>
    </message>
</context>
<context>
    <name>Trouble</name>
    <message>
        <source>This display does not know its Admin Center yet</source>
        <translation>Cet écran ne connaît pas encore son centre d&apos;administration</translation>
    </message>
    <message>
        <source>No network</source>
        <translation>Pas de réseau</translation>
    </message>
    <message>
        <source>The Admin Center&apos;s name is not found</source>
        <translation>Le nom du centre d&apos;administration est introuvable</translation>
    </message>
    <message>
        <source>No connection to the Admin Center</source>
        <translation>Pas de liaison avec le centre d&apos;administration</translation>
    </message>
    <message>
        <source>The Admin Center&apos;s certificate is not trusted</source>
        <translation>Le certificat du centre d&apos;administration n&apos;est pas reconnu</translation>
    </message>
    <message>
        <source>Something else answers in the Admin Center&apos;s place</source>
        <translation>Autre chose répond à la place du centre d&apos;administration</translation>
    </message>
    <message>
        <source>The Admin Center has a fault</source>
        <translation>Le centre d&apos;administration est en panne</translation>
    </message>
    <message>
        <source>The Admin Center is newer: update this display</source>
        <translation>Le centre d&apos;administration est plus récent&#xa0;: mettez cet écran à jour</translation>
    </message>
    <message>
        <source>No keyring answers: this display cannot keep its key</source>
        <translation>Aucun trousseau ne répond&#xa0;: cet écran ne peut pas garder sa clé</translation>
    </message>
    <message>
        <source>This display cannot write to its disk</source>
        <translation>Cet écran ne peut pas écrire sur son disque</translation>
    </message>
    <message>
        <source>No network since {time}</source>
        <translation>Pas de réseau depuis {time}</translation>
    </message>
    <message>
        <source>No connection to the Admin Center since {time}</source>
        <translation>Pas de liaison avec le centre d&apos;administration depuis {time}</translation>
    </message>
    <message>
        <source>The Admin Center has had a fault since {time}</source>
        <translation>Le centre d&apos;administration est en panne depuis {time}</translation>
    </message>
    <message>
        <source>The calendar service is late</source>
        <translation>Le service d&apos;agenda a du retard</translation>
    </message>
    <message>
        <source>The calendar service refuses the Admin Center&apos;s sign-in</source>
        <translation>Le service d&apos;agenda refuse l&apos;identification du centre d&apos;administration</translation>
    </message>
    <message>
        <source>The calendar service does not know this calendar any more</source>
        <translation>Le service d&apos;agenda ne connaît plus ce calendrier</translation>
    </message>
    <message>
        <source>The Admin Center may not read this calendar</source>
        <translation>Le centre d&apos;administration n&apos;a pas le droit de lire ce calendrier</translation>
    </message>
    <message>
        <source>The calendar service has yet to grant access</source>
        <translation>Le service d&apos;agenda n&apos;a pas encore accordé l&apos;accès</translation>
    </message>
    <message>
        <source>The calendar service refuses access</source>
        <translation>Le service d&apos;agenda refuse l&apos;accès</translation>
    </message>
    <message>
        <source>The calendar service cannot reach the Admin Center</source>
        <translation>Le service d&apos;agenda ne peut pas joindre le centre d&apos;administration</translation>
    </message>
    <message>
        <source>The calendar service does not answer</source>
        <translation>Le service d&apos;agenda ne répond pas</translation>
    </message>
</context>
</TS>
