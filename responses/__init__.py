"""What the bot says: fixed snippets, referral contacts and fixed phrases. Recognises nothing and sends nothing."""
