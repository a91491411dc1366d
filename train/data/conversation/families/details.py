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
            IP?
            Could you find the IP address?
            I need the IP address.
            Please read out the IP address.
            In this screenshot, which IP address is given?
            Which IP did it try?
            The IP address, please.
            Copy the IP address.
            What IP address do you see?
            The IP is which one?
            Which machine is it, by IP address?
            To which IP address does it connect?
            I want to ping it, what is the IP?
            Pick out the IP address.
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
            E-mail address?
            Could you find the email address?
            I need the e-mail address.
            Please read out the email address.
            In this screenshot, which e-mail address do you see?
            The email, please.
            Copy the e-mail address.
            What e-mail is written there?
            What is the mail address?
            The email is which one?
            Which mail address can you read?
            Pick out the email address.
            Which e-mail is shown on the screen?
            Look for an e-mail address: which is it?
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
            Date?
            Could you find the date?
            I need the date.
            Please read out the date.
            In this screenshot, what date is shown?
            The date, please.
            Copy the date.
            What date do you see?
            What is the day, month and year?
            The date is which?
            On what date was that?
            Which date does it have?
            Look for a date: which is it?
            Pick out the date.
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
            Time?
            Could you find the time?
            I need the time it happened.
            Please read out the time.
            In this screenshot, what time is shown?
            The time, please.
            Copy the time.
            Which time does it give?
            What time do you see?
            The time is which?
            What time was it?
            When was this, at what time?
            Look for a time of day: which is it?
            Pick out the time.
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
            Missing package?
            Could you find the missing package?
            I need the name of the missing module.
            Please read out the missing package.
            In this screenshot, which package is missing?
            What package must be installed first?
            The missing module, please.
            What is not installed?
            Which library was not found?
            What package cannot be found?
            It misses which package?
            What should I install to fix it?
            Which module does it want?
            Pick out the missing package.
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
            What package?
            And the module?
            Which module is that?
            The package, please?
            Which library?
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
            Function?
            Could you find the function?
            I need the name of the function.
            Please read out the function's name.
            In this screenshot, which function is named?
            The function, please.
            In what method is the error?
            Which function does the error come from?
            Where in the code did it happen, in what function?
            What function do you see in the trace?
            It failed in which function?
            The error is in what function?
            Which function should I look at?
            Pick out the function.
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
            What function?
            And the function?
            Which method?
            The function's name?
            In what function?
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
            Folder?
            Could you find the directory?
            I need the path of the folder.
            Please read out the directory.
            In this screenshot, which folder is named?
            The folder, please.
            What directory is it in?
            Which path does the folder have?
            What folder does it mention?
            Copy the path of the folder.
            The directory is which?
            Which directory has the problem?
            I want to go there, which folder is it?
            Pick out the folder.
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
            Percent?
            Could you find the percentage?
            I need the percentage.
            Please read out the percentage.
            In this screenshot, how many percent do you see?
            The percentage, please.
            What number of percent is given?
            How many percent does it show?
            How far along is it, in percent?
            Which percentage does it report?
            It is at how much percent?
            What is the value in percent?
            How many per cent are done?
            Pick out the percentage.
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
            Number of errors?
            Could you count the errors it reports?
            I need the number of errors.
            Please say how many errors it found.
            In this screenshot, how many errors are reported?
            How many errors did I get?
            The number of errors, please.
            How many errors in total?
            How much errors it has?
            How many problems does it report?
            What number of errors does it show?
            How many errors do you see?
            How many did not pass?
            How many errors does the summary name?
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
            How many errors?
            The number of them?
            And what is the number?
            How many were there?
            How many in total?
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
            PID?
            Could you find the process ID?
            I need the process ID.
            Please read out the PID.
            In this screenshot, which process ID is given?
            The PID, please.
            What is the ID of the process?
            Which PID would I kill?
            Copy the process ID.
            The process has which number?
            Which PID does it mention?
            I want to stop it, what is the PID?
            Look for a process ID: which is it?
            Pick out the PID.
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
            Environment variable?
            Could you find the environment variable?
            I need the name of the variable that is missing.
            Please read out the variable.
            In this screenshot, which environment variable is named?
            The variable, please.
            What variable is not set?
            What variable do I have to set?
            Which variable does it want?
            Copy the variable's name.
            It needs which environment variable?
            What environment variable do you see?
            Which variable does the message mention?
            Pick out the environment variable.
            ~ Give me the name of the variable.
            ~ What has to be exported?
            """
        ),
        weight=6.0,
        refused=0.05,
    ),
)
