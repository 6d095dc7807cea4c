"""What Aftercare does, from a post to effects and from a moderator's move to a verdict; all through ports."""
