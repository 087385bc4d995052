/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "auth/token.h"
#include "base/snapshot.h"
#include "cmd.h"
#include "help.h"
#include "out.h"
#include "say.h"
#include "suggest.h"

#define STACK_ROOM (256 << 10) /* more than any command takes */

/* In the order of the help. */
const struct svct_command *const svct_commands[] = {
    svct_cmd_init,
    svct_cmd_account,
    svct_cmd_token,
    svct_cmd_role,
    svct_cmd_apikey,
    svct_cmd_policy,
    svct_cmd_apply,
    svct_cmd_session,
    svct_cmd_setup,
    svct_cmd_nss,
    svct_cmd_check,
    svct_cmd_doctor,
    svct_cmd_status,
    svct_cmd_report,
    svct_cmd_metrics,
    svct_cmd_log,
    svct_cmd_db,
    svct_cmd_complete,
    NULL,
};

/* ---- this process ---- */

/* A database file must never become descriptor 0, 1 or 2. Each that is closed
 * is opened the wrong way round, so that its use goes on failing. */
static void fill_standard_descriptors(void)
{
    static const int flags[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", flags[fd]) != fd)
            _exit(SVCT_EXIT_CANNOT);
    }
}

static void limit(int resource, rlim_t most)
{
    struct rlimit now;

    if (getrlimit(resource, &now) == 0 && now.rlim_cur > most) {
        now.rlim_cur = most;
        setrlimit(resource, &now);
    }
}

/* A stack that can't grow any more ends the program, wherever that is. Where
 * memory is short it ends here, before anything is done. */
static __attribute__((noinline)) void grow_stack(void)
{
    volatile char room[STACK_ROOM];

    for (size_t i = 0; i < sizeof(room); i += 4096)
        room[i] = 0;
}

/* gdbm may grow a damaged file without end; secrets pass through here. */
static void prepare_process(void)
{
    grow_stack();
    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_FSIZE, (rlim_t)SVCT_FILE_SIZE_MAX);
    limit(RLIMIT_CORE, 0);
    umask(077);
    setlocale(LC_CTYPE, "");
    openlog("svctoken", LOG_PID, LOG_AUTHPRIV);
}

/* ---- secrets have no place here ---- */

/* Does a token begin here, whatever is behind its id? */
static bool begins_token(const char *text)
{
    char id[SVCT_TOKEN_ID_LEN + 1];

    text += strlen(SVCT_TOKEN_PREFIX);
    snprintf(id, sizeof(id), "%s", text);
    return svct_token_is_id(id) && text[SVCT_TOKEN_ID_LEN] == '_';
}

/* Also behind "--out=" or "deploy/"; there a folder may have such a name. */
static bool holds_token(const char *arg)
{
    if (svct_token_looks_like(arg))
        return true;
    for (const char *at = strstr(arg, SVCT_TOKEN_PREFIX); at != NULL;
         at = strstr(at + 1, SVCT_TOKEN_PREFIX)) {
        if (begins_token(at))
            return true;
    }
    return false;
}

static int refuse_tokens(const struct svct_call *call, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (holds_token(argv[i]))
            return svct_say_usage(
                call,
                "argument %d holds a token, which every user of this host "
                "could see there, and your shell may have kept it: revoke it. "
                "No command takes a token as an argument; \"check --ask\" "
                "asks for one",
                i);
    }
    return SVCT_EXIT_DONE;
}

/* ---- which command ---- */

static const struct svct_command *find_group(const char *word)
{
    for (size_t i = 0; svct_commands[i] != NULL; i++) {
        if (strcmp(svct_commands[i]->group, word) == 0)
            return svct_commands[i];
    }
    return NULL;
}

static const struct svct_command *find_command(const struct svct_command *table,
                                               const char *word)
{
    for (; table->group != NULL; table++) {
        if (strcmp(table->name, word) == 0)
            return table;
    }
    return NULL;
}

static int unknown_group(const struct svct_call *call, const char *word)
{
    struct svct_suggest suggest;

    svct_suggest_init(&suggest, word);
    for (size_t i = 0; svct_commands[i] != NULL; i++)
        svct_suggest_offer(&suggest, svct_commands[i]->group);
    svct_suggest_offer(&suggest, "help");
    if (suggest.best != NULL)
        return svct_say_usage(call, "unknown command %s; did you mean %s?",
                              svct_say_quote(word).text, suggest.best);
    return svct_say_usage(call,
                          "unknown command %s; \"svctoken help\" lists "
                          "them",
                          svct_say_quote(word).text);
}

static int unknown_command(const struct svct_call *call,
                           const struct svct_command *table, const char *word)
{
    const struct svct_command *c;
    struct svct_suggest suggest;

    svct_suggest_init(&suggest, word);
    for (c = table; c->group != NULL; c++)
        svct_suggest_offer(&suggest, c->name);
    if (suggest.best != NULL)
        return svct_say_usage(call,
                              "unknown command \"%s %s\"; did you mean "
                              "\"%s %s\"?",
                              table->group, svct_say_bare(word).text,
                              table->group, suggest.best);
    return svct_say_usage(call,
                          "unknown command \"%s %s\"; \"svctoken help "
                          "%s\" lists those there are",
                          table->group, svct_say_bare(word).text, table->group);
}

static int say_syntax(const struct svct_call *call,
                      const struct svct_fault *fault)
{
    return svct_say_usage(call, "%s", fault->what);
}

static int ask_for_command(const struct svct_call *call,
                           const struct svct_command *table)
{
    char words[160] = "";
    size_t len = 0;

    for (; table->group != NULL && len < sizeof(words); table++)
        len += (size_t)snprintf(words + len, sizeof(words) - len, "%s%s",
                                len > 0 ? ", " : "", table->name);
    return svct_say_usage(call, "which command? There are: %s", words);
}

/* help [WORD [WORD]] */
static int help(struct svct_call *call)
{
    const struct svct_command *table, *command;
    struct svct_fault fault = {0};

    if (svct_opts_rest(&call->opts, NULL, &fault) < 0)
        return say_syntax(call, &fault);
    if (call->opts.operands == 0 ||
        strcmp(call->opts.operand[0], "help") == 0) {
        svct_help_all(svct_commands);
        return SVCT_EXIT_DONE;
    }
    if (call->opts.operands > 2)
        return svct_say_usage(call, "help takes a command of one or two "
                                    "words");
    table = find_group(call->opts.operand[0]);
    if (table == NULL)
        return unknown_group(call, call->opts.operand[0]);
    if (call->opts.operands == 1) {
        svct_help_group(table);
        return SVCT_EXIT_DONE;
    }
    command =
        table->name != NULL ? find_command(table, call->opts.operand[1]) : NULL;
    if (command == NULL && table->name != NULL)
        return unknown_command(call, table, call->opts.operand[1]);
    svct_help_command(command != NULL ? command : table);
    return SVCT_EXIT_DONE;
}

/* ---- running it ---- */

static int check_operands(const struct svct_call *call)
{
    const struct svct_command *command = call->command;

    if (call->opts.operands < command->least)
        return svct_say_usage(call, "%s is missing", command->operands);
    if (call->opts.operands > command->most)
        return svct_say_usage(
            call, "what is %s? The usage is: svctoken %s%s%s%s%s",
            svct_say_quote(call->opts.operand[command->most]).text,
            command->group, command->name != NULL ? " " : "",
            command->name != NULL ? command->name : "",
            command->operands != NULL ? " " : "",
            command->operands != NULL ? command->operands : "");
    return SVCT_EXIT_DONE;
}

static const char *choose_db(const struct svct_opts *opts)
{
    const char *db = getenv("SVCTOKEN_DB");

    if (opts->db != NULL)
        return opts->db;
    return db != NULL && db[0] != '\0' ? db : SVCT_DBDIR;
}

static int print_version(void)
{
    printf("%s\n", PACKAGE_STRING);
    return SVCT_EXIT_DONE;
}

static int run_command(struct svct_call *call)
{
    struct svct_fault fault = {0};
    int r;

    if (svct_opts_rest(&call->opts, call->command->options, &fault) < 0)
        return say_syntax(call, &fault);
    if (call->opts.help) {
        svct_help_command(call->command);
        return SVCT_EXIT_DONE;
    }
    if (call->opts.version)
        return print_version();
    r = check_operands(call);
    if (r != SVCT_EXIT_DONE)
        return r;
    call->db = choose_db(&call->opts);
    svct_actor_find(&call->actor);
    return call->command->run(call);
}

/* The second word of a command that has one. */
static int run_group(struct svct_call *call, const struct svct_command *table)
{
    struct svct_fault fault = {0};
    const char *word;

    call->command = table;
    if (table->name == NULL)
        return run_command(call);
    call->command = NULL;
    if (svct_opts_word(&call->opts, &word, &fault) < 0)
        return say_syntax(call, &fault);
    if (word == NULL && call->opts.help) {
        svct_help_group(table);
        return SVCT_EXIT_DONE;
    }
    if (word == NULL)
        return ask_for_command(call, table);
    call->command = find_command(table, word);
    return call->command != NULL ? run_command(call)
                                 : unknown_command(call, table, word);
}

static int run(struct svct_call *call)
{
    struct svct_fault fault = {0};
    const struct svct_command *table;
    const char *word;

    if (svct_opts_word(&call->opts, &word, &fault) < 0)
        return say_syntax(call, &fault);
    if (call->opts.version)
        return print_version();
    if (word == NULL && !call->opts.help)
        return svct_say_usage(call, "what shall be done? \"svctoken help\" "
                                    "lists the commands");
    if (word == NULL || strcmp(word, "help") == 0)
        return help(call);
    table = find_group(word);
    return table != NULL ? run_group(call, table) : unknown_group(call, word);
}

int main(int argc, char **argv)
{
    char words[SVCT_SAY_ROOM];
    struct svct_call call = {.words = words};
    int r, flushed;

    prepare_process();
    call.now = (int64_t)time(NULL);
    r = refuse_tokens(&call, argc, argv);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (svct_opts_init(&call.opts, argc, argv) < 0)
        return svct_say_fault(&call, SVCT_E_NOMEM, NULL);
    r = run(&call);
    svct_say_release(); /* "words" ends here */
    flushed = svct_out_flush(&call);
    svct_opts_done(&call.opts);
    return flushed != SVCT_EXIT_DONE ? flushed : r;
}
