"""What language models ask by the Model Context Protocol to what newsqa finds, quotes and answers.

`tools` holds what they may call and `results` what they get; `server` speaks the protocol, by the
library of the extra `mcp`, and `route` takes it over HTTP. Nobody else imports that library.
"""
