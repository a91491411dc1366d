"""Questions for further facts: dates and times, addresses, packages, functions, folders, amounts, processes, variables."""

from __future__ import annotations

from train.data.conversation.families.facts import asks
from train.data.conversation.turn import Family, wordings

FAMILIES = (
    Family(
        "which_ip",
        asks("ip", "The address is "),
        wordings(
            """
            Which IP address is shown?
            What is the IP address?
            Which IP is it?
            What IP does it name?
            Name the IP address.
            Which IP address do you see?
            Tell me the IP address.
            Which address in numbers is given?
            Read me the IP.
            What is the IP of the machine?
            Is there an IP address, and which?
            What numeric address does it connect to?
            ~ Give me the IP number.
            ~ To which IP does that belong?
            """
        ),
        weight=4.0,
    ),
    Family(
        "which_email",
        asks("email", "The address is "),
        wordings(
            """
            Which e-mail address is shown?
            What is the email address?
            Which email do you see?
            Whose e-mail address is that?
            Name the e-mail address.
            Tell me the email address.
            Which mail address does it mention?
            What address should I write to?
            Read me the email address.
            Is there an email address, and which?
            What mail address is given?
            Which address is it sent to?
            ~ Give me the e-mail contact.
            ~ To whom could I send a mail?
            """
        ),
        weight=4.0,
    ),
    Family(
        "which_date",
        asks("date", "The date is "),
        wordings(
            """
            Which date is shown?
            What is the date?
            What date does it say?
            Which day was that?
            When was that, which date?
            Name the date.
            Tell me the date.
            Which date do you see?
            On which date did it happen?
            Read me the date.
            What date is given?
            Is there a date, and which?
            ~ Give me the calendar day.
            ~ From what day is it?
            """
        ),
        weight=3.0,
    ),
    Family(
        "which_time",
        asks("clock", "The time is "),
        wordings(
            """
            Which time is shown?
            What time is it?
            What time does it say?
            At what time did it happen?
            Which time of day do you see?
            Name the time.
            Tell me the time.
            When did it happen, what time?
            Read me the time.
            What does the clock say?
            What time is given?
            Is there a time of day, and which?
            ~ Give me the hour and minute.
            ~ How late was it?
            """
        ),
        weight=3.0,
    ),
    Family(
        "which_package",
        asks("package", "It is "),
        wordings(
            """
            Which package is missing?
            Which module could not be found?
            What module is missing?
            Which library is it about?
            What do I have to install?
            Name the missing package.
            Which dependency is missing?
            What is the name of the package?
            Which package does it complain about?
            Tell me the module it needs.
            What import fails?
            Which package should be installed?
            ~ What dependency do I lack?
            ~ The lack of which module stops it?
            """
        ),
        weight=6.0,
        after=("what_does_it_say", "is_error", "why_error"),
        short=wordings(
            """
            Which one is missing?
            And which package?
            What is it called?
            ~ Which is it, then?
            """
        ),
    ),
    Family(
        "which_function",
        asks("function", "The function is "),
        wordings(
            """
            In which function did it fail?
            Which function is it?
            What function is named?
            Which function raised it?
            Name the function.
            In what function is the error?
            Which method failed?
            Tell me the function.
            What is the name of the function?
            Which function does it mention?
            Where in the code, which function?
            Which call went wrong?
            ~ Give me the routine that failed.
            ~ Inside which function did that happen?
            """
        ),
        weight=5.0,
        after=("which_file", "which_line", "what_does_it_say"),
        short=wordings(
            """
            And which function?
            In which function?
            Which function was it?
            ~ What is the function called?
            """
        ),
    ),
    Family(
        "which_folder",
        asks("folder", "The folder is "),
        wordings(
            """
            Which folder is it?
            Which directory is shown?
            What folder is named?
            In which directory did it happen?
            Name the folder.
            What is the path of the directory?
            Tell me the directory.
            Which folder is it about?
            In what folder is it?
            Which directory does it mention?
            What directory do you see?
            Where on the disk, which folder?
            ~ Give me the directory's path.
            ~ In what place on disk does that lie?
            """
        ),
        weight=3.0,
    ),
    Family(
        "which_percentage",
        asks("percent", "It is at "),
        wordings(
            """
            How many percent?
            What percentage is shown?
            Which percentage do you see?
            How far is it in percent?
            What is the percentage?
            Name the percentage.
            Tell me the percentage.
            How much of it is done, in percent?
            At what percentage does it stand?
            What percent does it say?
            How full is it in percent?
            Which share in percent is given?
            ~ Give me the per cent value.
            ~ To what per cent has it come?
            """
        ),
        weight=4.0,
    ),
    Family(
        "how_many_errors",
        asks("errors", "The number is "),
        wordings(
            """
            How many errors are there?
            How many errors does it report?
            What is the number of errors?
            How many problems are counted?
            How many errors were found?
            How many failed?
            Count of errors?
            How many failures are reported?
            Tell me the number of errors.
            Does it say how many errors?
            With how many errors did it end?
            How many errors does it count?
            ~ Give me the error count.
            ~ What total of errors is given?
            """
        ),
        weight=5.0,
        after=("is_error", "what_does_it_say"),
        short=wordings(
            """
            How many?
            And how many are there?
            How many of them?
            ~ What is their count?
            """
        ),
    ),
    Family(
        "which_size",
        asks("size", "The size is "),
        wordings(
            """
            Which size is shown?
            How big is it?
            What size does it say?
            How many megabytes?
            What is the size?
            How large is the file?
            Name the size.
            Tell me the size.
            How much space is it?
            Which size do you see?
            How many bytes is that?
            What amount of data is named?
            ~ Give me the size in bytes.
            ~ How much data is it?
            """
        ),
        held_out_intent=True,
        weight=2.0,
    ),
    Family(
        "which_process",
        asks("process", "The process is number "),
        wordings(
            """
            Which process ID is shown?
            What is the PID?
            Which process is it?
            What PID do you see?
            Name the process ID.
            Tell me the PID.
            Which process number is given?
            What is the process number?
            Read me the process ID.
            Is there a PID, and which?
            Which number does the process have?
            What process would I have to stop?
            ~ Give me the number of the process.
            ~ Which pid belongs to it?
            """
        ),
        weight=6.0,
        refused=0.05,
    ),
    Family(
        "which_variable",
        asks("variable", "The variable is "),
        wordings(
            """
            Which environment variable is named?
            What variable is it about?
            Which variable is missing?
            Which environment variable should be set?
            Name the variable.
            Tell me the environment variable.
            Which variable do you see?
            What is the variable called?
            Which setting of the environment is it?
            What environment variable does it mention?
            Is there an environment variable, and which?
            Which variable has to be set?
            ~ Give me the name of the variable.
            ~ What has to be exported?
            """
        ),
        weight=6.0,
        refused=0.05,
    ),
)
