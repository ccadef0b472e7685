"""What people look for on the pages: the names of the product, written out, in each language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Names of links, buttons and fields, and sentences that are waited for."""

    email: str
    password: str
    sign_in: str
    room_displays: str
    tab_office365: str = "Office 365"
    tab_exchange: str = "Microsoft Exchange"
    open_step_1: str
    directly: str
    through_cronofy: str
    service_account: str
    resource_calendar: str
    room_list: str
    client_id: str
    object_id: str
    write: str
    download: str
    not_the_administrator: str
    send: str
    open_sent: str
    completed: str
    go_to_step_2: str
    connect: str
    go_on: str
    link_account: str
    impersonation_email: str
    terms: str
    privacy: str
    connected: str
    looked: str
    run_again: str
    open_manage_rooms: str
    pair: str
    code: str
    new_room: str
    confirm: str
    another: str
    open_room: str
    delete_room: str
    delete: str
    without_room: str
    add_a_calendar: str
    search_calendars: str
    apply: str
    now_shows: str
    in_use: str
    free: str
    until: str


WORDS = {
    "en": Words(
        email="Email address",
        password="Password",
        sign_in="Sign in",
        room_displays="Room displays",
        open_step_1="Open step 1",
        directly="Directly",
        through_cronofy="Through Cronofy Enterprise Connect",
        service_account="Service account",
        resource_calendar="Resource calendar",
        room_list="Room list",
        client_id="Application (client) ID",
        object_id="Object ID of the enterprise application",
        write="Write the commands",
        download="Download the script",
        not_the_administrator="I am not the IT administrator",
        send="Send this step",
        open_sent="Open step 1",
        completed="You have completed the integration",
        go_to_step_2="Go to step 2",
        connect="Connect",
        go_on="Continue",
        link_account="Link account",
        impersonation_email="Impersonation email",
        terms="Terms of Service",
        privacy="Privacy Policy agreement",
        connected="Your service is now connected.",
        looked="Last looked",
        run_again="Run again",
        open_manage_rooms="Open Manage Rooms",
        pair="Pair a display",
        code="Code on the screen",
        new_room="Name of the new room",
        confirm="Confirm",
        another="Pair another display",
        open_room="Open the room",
        delete_room="Delete the room",
        delete="Delete",
        without_room="Display without a room",
        add_a_calendar="Add a calendar",
        search_calendars="Search calendars",
        apply="Apply",
        now_shows="What the screen shows now",
        in_use="In use",
        free="Free",
        until="until {time}",
    ),
    "fr": Words(
        email="Adresse e-mail",
        password="Mot de passe",
        sign_in="Se connecter",
        room_displays="Écrans de salle",
        open_step_1="Ouvrir l'étape 1",
        directly="Directement",
        through_cronofy="Par Cronofy Enterprise Connect",
        service_account="Compte de service",
        resource_calendar="Calendrier de ressources",
        room_list="Liste de salles",
        client_id="ID d'application (client)",
        object_id="ID d'objet de l'application d'entreprise",
        write="Écrire les commandes",
        download="Télécharger le script",
        not_the_administrator="Je ne suis pas l'administrateur informatique",
        send="Envoyer cette étape",
        open_sent="Ouvrir l'étape 1",
        completed="Vous avez terminé l'intégration",
        go_to_step_2="Aller à l'étape 2",
        connect="Connexion",
        go_on="Continuer",
        link_account="Lier le compte",
        impersonation_email="E-mail d'impersonation",
        terms="Conditions de service",
        privacy="Accord de politique de confidentialité",
        connected="Votre service est maintenant connecté.",
        looked="Dernier examen",
        run_again="Recommencer",
        open_manage_rooms="Ouvrir la gestion des salles",
        pair="Associer un écran",
        code="Code à l'écran",
        new_room="Nom de la nouvelle salle",
        confirm="Confirmer",
        another="Associer un autre écran",
        open_room="Ouvrir la salle",
        delete_room="Supprimer la salle",
        delete="Supprimer",
        without_room="Écran sans salle",
        add_a_calendar="Ajouter un calendrier",
        search_calendars="Rechercher un calendrier",
        apply="Appliquer",
        now_shows="Ce que montre l'écran",
        in_use="Occupée",
        free="Libre",
        until="jusqu'à {time}",
    ),
}
