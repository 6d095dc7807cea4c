"""What the gateway says to the one who pressed or typed, beside the phrases that it asks for by key."""

from typing import Final

PHRASES: Final = (
    "not_about_me",
    "why",
    "ask_human",
    "why_explanation",
    "not_about_me_done",
    "not_about_me_not_author",
    "ask_human_done",
    "opt_out_done",
    "opt_in_done",
    "privacy_summary",
    "refused_not_moderator",
)
"""Keys of `responses/phrases.yaml` that the gateway asks for."""

NOT_SET_UP = "Aftercare has not been set up in this server."
TRY_AGAIN = "Something went wrong, and nothing may have changed. Please try again in a minute."
OLD_BUTTON = (
    "This button is from an older version and does nothing any more. `/queue` and `/case` show where things are."
)
ADMINS_ONLY = "That is for people with the admins' role and for server administrators. Nothing was changed."
NOT_A_MEMBERS_POST = "Only a post that a member wrote in this server can be shown to the moderators."
ASKED = (
    "The moderators can see this post now. They may not be here right now, and they are not a medical service. If it"
    " cannot wait, please call the emergency number or the MS team."
)
NOT_ASKED = "The bot is switched off in this channel, so nobody was told. Please write to the moderators directly."
ABOUT = (
    "Aftercare is an automated helper for people who live with MS after an immune reconstitution therapy. It shows"
    " fixed general information, and it can show a post to the moderators. It is not a medical device, it gives no"
    " medical advice, it can be wrong, nobody watches it around the clock, and its silence means nothing. In an"
    " emergency, call the emergency number."
)
EXPORTED = (
    "Everything that is kept about you is in this file: ID numbers, times, scores and states, none of your words."
)
ASK_BEFORE_DELETING = (
    "This removes everything that is kept about you: ID numbers, times, scores and states. The bot's messages about"
    " your posts go too. It cannot be undone. `/privacy show` says how much there is."
)
DELETE_EVERYTHING = "Delete everything about me"
DELETED = "Done. What was kept about you has been removed, or can no longer be tied to you."
