"""Recognition: what a post says, by an encoder and a red-flag lexicon; knows neither Discord nor the bot's loop."""
