"""Stand-in for the ECR plugins: their contract with the CI service, AWS and the registry, on Debian's tools.

settings -> login (credentials, aws) -> build (dockerfile, rootfs, layout) -> registry -> output
"""
