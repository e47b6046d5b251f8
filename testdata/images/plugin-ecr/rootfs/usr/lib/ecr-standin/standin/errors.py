"""What a user of the plugin can be told."""


class PluginError(Exception):
    """The plugin cannot go on; the text says why."""


class AwsError(PluginError):
    """An AWS service refused a call."""

    def __init__(self, service, operation, status, code, message):
        super().__init__(f"{service} {operation}: {code}: {message} (status {status})")
        self.code = code
