"""Sentences that say that something failed, and why: made from verbs, objects and reasons, for programs of any name."""

from __future__ import annotations

import random

from train.data.world.families import held_out
from train.data.world.slots import Slots

# Reasons by category: what stands after "Could not save the file:" or as a sentence of its own. The second entry of a
# pair is a code that goes with it (marked by its kind in the text of the caller), or "".
REASONS: dict[str, tuple[tuple[str, str], ...]] = {
    "network": (
        ("the network connection was lost", ""),
        ("no internet connection", ""),
        ("the server could not be reached", ""),
        ("the connection was refused", "ECONNREFUSED"),
        ("the connection was reset by the peer", "ECONNRESET"),
        ("the network is unreachable", "ENETUNREACH"),
        ("the remote host closed the connection", ""),
        ("the connection to {host} was interrupted", ""),
        ("the proxy server is not responding", ""),
        ("you appear to be offline", ""),
        ("the host {host} is unreachable", "EHOSTUNREACH"),
        ("check your internet connection and try again", ""),
        ("the VPN tunnel went down", ""),
        ("the line to the mail server was closed", ""),
    ),
    "dns": (
        ("the server name {host} could not be resolved", "ENOTFOUND"),
        ("the host name could not be found", ""),
        ("unknown host {host}", ""),
        ("the name of the server could not be looked up", ""),
        ("temporary failure in name resolution", "EAI_AGAIN"),
        ("the DNS server did not answer", ""),
        ("the domain {host} does not exist", "NXDOMAIN"),
    ),
    "tls_certificate": (
        ("the certificate of {host} is not trusted", ""),
        ("the server certificate has expired", "CERT_HAS_EXPIRED"),
        ("the certificate does not match the host name", ""),
        ("the security certificate is not valid", ""),
        ("the TLS handshake failed", ""),
        ("the certificate chain is incomplete", ""),
        ("the certificate was signed by an unknown authority", ""),
        ("the identity of {host} could not be verified", ""),
    ),
    "permission": (
        ("you do not have permission to do this", ""),
        ("access is denied", ""),
        ("permission denied", "EACCES"),
        ("administrator rights are required", ""),
        ("the file is read-only", "EROFS"),
        ("the folder is write-protected", ""),
        ("your role does not allow this action", ""),
        ("you are not authorised to {verb} this {noun}", ""),
        ("this action needs elevated rights", "EPERM"),
        ("the owner has restricted access to this {noun}", ""),
        ("blocked by your administrator", ""),
    ),
    "not_found": (
        ("the file could not be found", ""),
        ("no such file or directory", "ENOENT"),
        ("the {noun} does not exist", ""),
        ("the folder “{word}” is missing", ""),
        ("the {noun} may have been moved or deleted", ""),
        ("there is no {noun} named {word}", ""),
        ("the specified path was not found", ""),
        ("{noun} {num} was not found", ""),
        ("the linked {noun} is no longer available", ""),
        ("the device is not connected", ""),
        ("the key “{ident}” is not set", ""),
    ),
    "syntax": (
        ("unexpected token on line {line}", ""),
        ("the expression is malformed", ""),
        ("a closing bracket is missing", ""),
        ("the document is not well-formed at line {line}, column {col}", ""),
        ("syntax error near “{word}”", ""),
        ("the formula contains an error", ""),
        ("the query could not be parsed", ""),
        ("the JSON is invalid at position {num}", ""),
    ),
    "type": (
        ("a number was expected", ""),
        ("the value has the wrong type", ""),
        ("text cannot be converted to a number", ""),
        ("expected a date but found text", ""),
        ("the types of both columns differ", ""),
        ("{ident} is not a function", ""),
        ("object reference is null", ""),
    ),
    "import_dependency": (
        ("a required component is missing", ""),
        ("the library {word}.dll is missing", ""),
        ("the plug-in {word} could not be loaded", ""),
        ("the module {ident} is not installed", ""),
        ("a shared library could not be found", ""),
        ("the required package {pkg} is not installed", ""),
        ("the extension depends on {pkg}, which is not installed", ""),
        ("the runtime is not installed on this computer", ""),
    ),
    "out_of_memory": (
        ("there is not enough memory", "ENOMEM"),
        ("the system is out of memory", ""),
        ("memory could not be allocated", ""),
        ("the image is too large to fit into memory", ""),
        ("insufficient memory to complete the operation", ""),
        ("the graphics card ran out of memory", ""),
        ("close some programs to free memory", ""),
    ),
    "disk_full": (
        ("there is not enough space on the disk", "ENOSPC"),
        ("no space left on device", "ENOSPC"),
        ("the disk is full", ""),
        ("the drive {drive}: has only {size} left", ""),
        ("your storage is full", ""),
        ("the quota is exceeded", "EDQUOT"),
        ("free up some space and try again", ""),
        ("the volume “{cap}” is full", ""),
    ),
    "timeout": (
        ("the operation timed out", "ETIMEDOUT"),
        ("the server took too long to respond", ""),
        ("no answer within {num} seconds", ""),
        ("the request timed out", ""),
        ("the time limit was exceeded", ""),
        ("the device did not respond in time", ""),
        ("the session timed out before the {noun} was finished", ""),
    ),
    "authentication": (
        ("the password is incorrect", ""),
        ("wrong user name or password", ""),
        ("your session has expired, sign in again", ""),
        ("the login failed", ""),
        ("invalid credentials", ""),
        ("the token has expired", ""),
        ("your account is locked", ""),
        ("the verification code is not correct", ""),
        ("you must sign in first", ""),
        ("the API key is not valid", ""),
        ("the passphrase is wrong", ""),
    ),
    "configuration": (
        ("the configuration is invalid", ""),
        ("the setting {ident} is not supported", ""),
        ("the environment variable {const} is not set", ""),
        ("no default {noun} is configured", ""),
        ("the {noun} is not set up correctly", ""),
        ("the option “{word}” has an invalid value", ""),
        ("the profile is damaged", ""),
        ("the driver is not configured", ""),
    ),
    "version_conflict": (
        ("version {version} is required, but {version2} is installed", ""),
        ("the file was made by a newer version", ""),
        ("this version is no longer supported", ""),
        ("the {noun} was changed by someone else", ""),
        ("the plug-in is not compatible with version {version}", ""),
        ("your copy is out of date, merge the changes first", ""),
        ("this program cannot run on your version of the system", ""),
        ("a newer version is already installed", ""),
    ),
    "crash": (
        ("the program has stopped working", ""),
        ("an unexpected exception occurred", ""),
        ("the process ended unexpectedly", ""),
        ("the application closed because of a problem", ""),
        ("the {noun} process crashed", ""),
        ("access violation at address {addr}", ""),
        ("segmentation fault", "SIGSEGV"),
        ("an internal error has occurred and the program must close", ""),
        ("the {noun} quit unexpectedly", ""),
    ),
    "server_error": (
        ("the server reported an internal error", "500"),
        ("the service is unavailable", "503"),
        ("bad gateway", "502"),
        ("something went wrong on our side", ""),
        ("the server is overloaded", "503"),
        ("our servers are having problems", ""),
        ("the server is down for maintenance", "503"),
        ("the service did not accept the request", ""),
        ("an internal server error occurred", "500"),
    ),
    "invalid_input": (
        ("the value is not valid", "EINVAL"),
        ("the file name contains invalid characters", ""),
        ("the {noun} must not be empty", ""),
        ("the file is damaged", ""),
        ("the file format is not supported", ""),
        ("the address {email} is not valid", ""),
        ("the number must be between {int} and {num}", ""),
        ("the date is in the past", ""),
        ("the file is too large", ""),
        ("a {noun} with this name already exists", ""),
        ("the name is too long", ""),
        ("the archive is corrupt", ""),
        ("the barcode could not be recognised", ""),
    ),
    "database": (
        ("the database reported an error", ""),
        ("the database is corrupt", ""),
        ("the record could not be written", ""),
        ("a foreign key constraint was violated", ""),
        ("duplicate entry for key {column}", ""),
        ("the query failed", ""),
        ("the transaction was rolled back", ""),
        ("the connection to the database {db} was lost", ""),
        ("the index {column} is damaged", ""),
    ),
    "concurrency_lock": (
        ("the file is in use by another program", "EBUSY"),
        ("the {noun} is locked by {person}", ""),
        ("port {port} is already in use", "EADDRINUSE"),
        ("another instance is already running", ""),
        ("the file is locked for editing by {person}", ""),
        ("another installation is in progress", ""),
        ("the resource is busy", "EBUSY"),
        ("the database is locked", ""),
        ("the device is being used by another application", ""),
    ),
    "other": (
        ("an unknown error occurred", ""),
        ("something went wrong", ""),
        ("an unexpected error occurred", ""),
        ("the operation could not be completed", ""),
        ("try again later", ""),
        ("the printer is out of paper", ""),
        ("the limit of {num} {nouns} is reached", ""),
        ("the payment was declined", ""),
        ("the update failed", ""),
        ("input/output error", "EIO"),
        ("the operation was aborted", ""),
        ("the request was rejected", ""),
    ),
}

_ACTIONS = (
    "save {obj}",
    "open {obj}",
    "load {obj}",
    "delete {obj}",
    "rename {obj}",
    "copy {obj}",
    "move {obj}",
    "print {obj}",
    "export {obj}",
    "import {obj}",
    "upload {obj}",
    "download {obj}",
    "send {obj}",
    "update {obj}",
    "install {obj}",
    "start {obj}",
    "connect to {host}",
    "create {obj}",
    "sync {obj}",
    "read {obj}",
    "write {obj}",
    "publish {obj}",
    "share {obj}",
    "convert {obj}",
    "play {obj}",
    "mount {obj}",
    "sign in",
    "refresh {obj}",
    "restore {obj}",
    "back up {obj}",
    "verify {obj}",
    "join {obj}",
    "complete the {noun}",
    "process {obj}",
    "apply {obj}",
    "fetch {obj}",
    "register {obj}",
    "submit {obj}",
)
_OBJECTS = (
    "the file",
    "“{file}”",
    '"{file}"',
    "{file}",
    "the {noun}",
    "the {noun} “{word}”",
    "your {noun}",
    "the {adj} {noun}",
    "{nouns}",
    "the changes",
    "the message",
    "the document",
    "{winpath}",
    "{path}",
    "the {noun} {noun2}",
    "{noun} {num}",
    "the selected {nouns}",
    "{name}",
)
_FRAMES = (
    "Could not {act}",
    "Couldn’t {act}",
    "Cannot {act}",
    "Can’t {act}",
    "Unable to {act}",
    "Failed to {act}",
    "{App} could not {act}",
    "{App} cannot {act}",
    "{App} was unable to {act}",
    "An error occurred while trying to {act}",
    "It was not possible to {act}",
    "We couldn’t {act}",
    "We were unable to {act}",
    "Error: could not {act}",
    "You can’t {act}",
    "There was a problem trying to {act}",
)
_NOUN_FRAMES = (
    "{Cap} failed",
    "{Cap} error",
    "{Cap} {noun2} failed",
    "{Cap} not completed",
    "{Cap} unavailable",
    "{Cap} rejected",
    "{Cap} interrupted",
)
_HEAD_ONLY_SHARE = 0.12


def reason(rng: random.Random, slots: Slots, category: str | None = None, split: str = "train") -> tuple[str, str, str]:
    """(category, reason in lower case, code or ""); reasons are split like families."""
    while True:
        chosen = category or rng.choice(list(REASONS))
        wanted = split == "held_out"
        pool = [pair for pair in REASONS[chosen] if held_out("phrases", pair[0]) == wanted]
        if not pool and category is not None:
            pool = list(REASONS[chosen])
        if pool:
            text, code = rng.choice(pool)
            return chosen, slots.fill(text), code


def action_sentence(rng: random.Random, slots: Slots, app: str) -> str:
    """What could not be done, without a full stop: "Could not save the file"."""
    if rng.random() < _HEAD_ONLY_SHARE:
        return slots.fill(rng.choice(_NOUN_FRAMES).replace("{Cap}", slots.get("noun").capitalize()))
    act = rng.choice(_ACTIONS).replace("{obj}", rng.choice(_OBJECTS))
    frame = rng.choice(_FRAMES).replace("{act}", act).replace("{App}", app or "The program")
    return slots.fill(frame)


def sentence_case(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
