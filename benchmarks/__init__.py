"""Speed and memory of the bot on the machine at hand; every figure stands beside a baseline of the same run."""
