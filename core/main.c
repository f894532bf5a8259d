/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - the command line. The only place that prints an error and decides the exit status. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "config.h"
#include "core/event/event.h"
#include "core/machine/machine.h"
#include "core/new.h"
#include "core/machine/explain_plugins.h"

enum {
    EXIT_BAD_INPUT = 2, /* the command line, a machine file, a plugin or an image is wrong */
    MAX_OVERRIDES = 256,
};

enum option_id {
    OPT_CHECK = 256,
    OPT_EXPLAIN,
    OPT_LIST_PLUGINS,
    OPT_DESCRIBE,
    OPT_STATS,
    OPT_STATS_JSON,
    OPT_TRACE,
    OPT_STATE_HASH,
    OPT_MAX_INSTRUCTIONS,
    OPT_DUMP_DTB,
    OPT_NEW,
    OPT_VERSION,
};

/* One table for parsing, --help and "did you mean". */
static const struct {
    struct option option;
    const char *argument; /* as --help shows it */
    const char *help;
} option_table[] = {
    {{"set", required_argument, NULL, 's'},
     "SECTION.KEY=VALUE",
     "set or override one key of the file (-s)"},
    {{"check", no_argument, NULL, OPT_CHECK},
     NULL,
     "check the machine and its files, and do not start it"},
    {{"explain", no_argument, NULL, OPT_EXPLAIN},
     NULL,
     "print the machine that would be built, defaults included"},
    {{"list-plugins", no_argument, NULL, OPT_LIST_PLUGINS},
     NULL,
     "list all plugins that are found, broken ones included"},
    {{"describe", required_argument, NULL, OPT_DESCRIBE},
     "NAME",
     "explain a plugin, or a section: machine, boot, device, chardev"},
    {{"stats", optional_argument, NULL, OPT_STATS},
     "FILE",
     "write statistics at the end, to standard error or to FILE"},
    {{"stats-json", optional_argument, NULL, OPT_STATS_JSON}, "FILE", "the same as JSON"},
    {{"trace", required_argument, NULL, OPT_TRACE},
     "LIST[:FILE]",
     "trace units, ir, exceptions, devices, interrupts or all, separated by commas"},
    {{"state-hash", no_argument, NULL, OPT_STATE_HASH},
     NULL,
     "print a hash of the machine's final state"},
    {{"max-instructions", required_argument, NULL, OPT_MAX_INSTRUCTIONS},
     "N",
     "stop with status 3 after N instructions of vCPU 0"},
    {{"dump-dtb", required_argument, NULL, OPT_DUMP_DTB},
     "FILE",
     "write the guest's device tree, and do not start the machine"},
    {{"new", required_argument, NULL, OPT_NEW},
     "FOLDER ...",
     "make a folder with a machine that works, Debian included; see --new --help"},
    {{"quiet", no_argument, NULL, 'q'}, NULL, "log errors only (-q)"},
    {{"verbose", no_argument, NULL, 'v'}, NULL, "log more; twice for even more (-v)"},
    {{"version", no_argument, NULL, OPT_VERSION}, NULL, "print the version"},
    {{"help", no_argument, NULL, 'h'}, NULL, "print this help (-h)"},
};

enum { N_OPTIONS = sizeof(option_table) / sizeof(option_table[0]) };

enum action {
    ACT_RUN,
    ACT_CHECK,
    ACT_EXPLAIN,
    ACT_LIST,
    ACT_DESCRIBE,
    ACT_DUMP_DTB,
    ACT_VERSION,
    ACT_HELP
};

struct command {
    enum action action;
    const char *file, *describe, *trace;
    struct override overrides[MAX_OVERRIDES];
    size_t n_overrides;
    struct machine_options machine;
    int log_level;
};

static bool stdout_was_closed;

/* ---- output ---- */

/* One message on one line: what the user gave may have anything in it. */
static int complain(const char *text, int status)
{
    fputs("vmrun: ", stderr);
    for (; *text; text++)
        fputc(iscntrl((unsigned char)*text) ? '?' : *text, stderr);
    fputc('\n', stderr);
    return status;
}

/* Output that was asked for and did not arrive is an error. */
static int finish_output(void)
{
    struct vm_error err = VM_ERROR_INIT;

    if (stdout_was_closed) {
        vm_error_set(&err, "cannot write to standard output: it is closed");
    } else if (fflush(stdout) || ferror(stdout)) {
        vm_error_set(&err, "cannot write to standard output: %s", strerror(errno));
    } else {
        return EXIT_SUCCESS;
    }
    return complain(err.text, EXIT_FAILURE);
}

/* A closed descriptor 0, 1 or 2 would be given to the next file that is opened, and be read or
 * written as what it is not. */
static void occupy_standard_files(void)
{
    stdout_was_closed = fcntl(STDOUT_FILENO, F_GETFD) < 0;
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= 2)
        fd = open("/dev/null", O_RDWR);
    if (fd > 2)
        close(fd);
}

static void print_help(void)
{
    printf("Usage: vmrun [OPTION]... MACHINE.ini\n"
           "Runs the machine that the file describes.\n\n");
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *o = &option_table[i].option;
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s%s", o->name,
                 o->has_arg == optional_argument ? "[="
                 : option_table[i].argument      ? " "
                                                 : "",
                 option_table[i].argument ? option_table[i].argument : "",
                 o->has_arg == optional_argument ? "]" : "");
        printf("  %-27s %s%s\n", left, strlen(left) > 27 ? "\n                              " : "",
               option_table[i].help);
    }
    printf("\nExit status: what the guest powers off with (0 if it says nothing); 1 when the run "
           "fails; 2 when the\n"
           "command line, a file or a plugin is wrong; 3 when --max-instructions is reached.\n"
           "vmrun.ini(5) describes the file.\n");
}

/* ---- the command line ---- */

static int parse_override(struct command *cmd, char *text, struct vm_error *err)
{
    char *equals = strchr(text, '=');

    if (!equals)
        return vm_error_set(err, "-s %s: there is no '='; write -s SECTION.KEY=VALUE", text);
    if (cmd->n_overrides == MAX_OVERRIDES)
        return vm_error_set(err, "-s is given more than %d times", MAX_OVERRIDES);
    *equals = '\0';
    cmd->overrides[cmd->n_overrides++] = (struct override){text, equals + 1};
    return 0;
}

static int set_action(struct command *cmd, enum action action, struct vm_error *err)
{
    if (cmd->action != ACT_RUN && cmd->action != action)
        return vm_error_set(err, "only one of --check, --explain, --list-plugins, --describe and "
                                 "--dump-dtb can be done at once");
    cmd->action = action;
    return 0;
}

static int set_stats(struct command *cmd, bool json, struct vm_error *err)
{
    if (cmd->machine.stats || cmd->machine.stats_json)
        return vm_error_set(err, "--stats and --stats-json can be given only once, and not both");
    cmd->machine.stats = !json;
    cmd->machine.stats_json = json;
    cmd->machine.stats_path = optarg;
    return 0;
}

static int take_option(struct command *cmd, int id, struct vm_error *err)
{
    switch (id) {
    case 's':
        return parse_override(cmd, optarg, err);
    case 'q':
        cmd->log_level = VM_LOG_ERROR;
        return 0;
    case 'v':
        cmd->log_level = cmd->log_level < VM_LOG_INFO ? VM_LOG_INFO : VM_LOG_DEBUG;
        return 0;
    case 'h':
        return set_action(cmd, ACT_HELP, err);
    case OPT_VERSION:
        return set_action(cmd, ACT_VERSION, err);
    case OPT_CHECK:
        return set_action(cmd, ACT_CHECK, err);
    case OPT_EXPLAIN:
        return set_action(cmd, ACT_EXPLAIN, err);
    case OPT_LIST_PLUGINS:
        return set_action(cmd, ACT_LIST, err);
    case OPT_DESCRIBE:
        cmd->describe = optarg;
        return set_action(cmd, ACT_DESCRIBE, err);
    case OPT_DUMP_DTB:
        cmd->machine.dump_dtb = optarg;
        return set_action(cmd, ACT_DUMP_DTB, err);
    case OPT_STATS:
    case OPT_STATS_JSON:
        return set_stats(cmd, id == OPT_STATS_JSON, err);
    case OPT_TRACE:
        cmd->trace = optarg;
        return 0;
    case OPT_NEW: /* as the first argument it has been taken already */
        return vm_error_set(err, "--new must be the first argument; see vmrun --new --help");
    case OPT_STATE_HASH:
        cmd->machine.state_hash = true;
        return 0;
    default: /* OPT_MAX_INSTRUCTIONS */
        if (parse_uint(optarg, &cmd->machine.max_instructions) ||
            cmd->machine.max_instructions == 0)
            return vm_error_set(err, "--max-instructions: '%s' is not a number above 0", optarg);
        return 0;
    }
}

/* What getopt_long did not take. `text` is the argument it looked at. */
static int bad_option(int kind, const char *text, struct vm_error *err)
{
    const char *names[N_OPTIONS];

    if (strncmp(text, "--", 2) != 0) {
        if (kind == ':')
            return vm_error_set(err, "option '-%c' needs an argument; see --help", optopt);
        return vm_error_set(err, "unknown option '-%c'; see --help",
                            isprint(optopt) ? optopt : '?');
    }
    int length = (int)strcspn(text + 2, "=");
    if (kind == ':')
        return vm_error_set(err, "option '%.60s' needs an argument; see --help", text);
    if (optopt)
        return vm_error_set(err, "option '--%.*s' takes no argument; see --help", length, text + 2);
    char word[64];
    snprintf(word, sizeof(word), "%.*s", length, text + 2);
    for (size_t i = 0; i < N_OPTIONS; i++)
        names[i] = option_table[i].option.name;
    const char *near = nearest_name(word, names, N_OPTIONS);
    if (near)
        return vm_error_set(err, "unknown option '--%s'; did you mean '--%s'?", word, near);
    return vm_error_set(err, "unknown option '--%s'; see --help", word);
}

static int parse_command(struct command *cmd, int argc, char **argv, struct vm_error *err)
{
    struct option options[N_OPTIONS + 1] = {0};
    int id;

    for (size_t i = 0; i < N_OPTIONS; i++)
        options[i] = option_table[i].option;
    opterr = 0;
    while ((id = getopt_long(argc, argv, ":s:qvh", options, NULL)) != -1) {
        if (id == '?' || id == ':')
            return bad_option(id, argv[optind - 1], err);
        if (take_option(cmd, id, err))
            return -1;
    }
    bool needs_file = cmd->action == ACT_RUN || cmd->action == ACT_CHECK ||
                      cmd->action == ACT_EXPLAIN || cmd->action == ACT_DUMP_DTB;
    if (needs_file && optind == argc)
        return vm_error_set(err, "no machine file is given; try 'vmrun MACHINE.ini', or --help");
    if (optind + (needs_file ? 1 : 0) < argc)
        return vm_error_set(err, "'%s' is one argument too many; see --help",
                            argv[optind + (needs_file ? 1 : 0)]);
    if (cmd->n_overrides && !needs_file)
        return vm_error_set(err, "-s only goes with a machine file");
    cmd->file = needs_file ? argv[optind] : NULL;
    return 0;
}

/* "LIST" or "LIST:FILE". */
static int start_trace(const char *text, struct vm_error *err)
{
    const char *colon = strchr(text, ':');
    char *list = colon ? strndup(text, (size_t)(colon - text)) : strdup(text);

    if (!list)
        return vm_error_set(err, "out of memory");
    int result = trace_enable(list, colon ? colon + 1 : NULL, err);
    free(list);
    if (result)
        vm_error_prefix(err, "--trace");
    return result;
}

/* ---- what can be done ---- */

/* Builds the machine, which checks all that the description alone cannot show, and runs it if that
 * is asked for. */
static int build_and_run(const struct command *cmd, const struct description *d,
                         struct vm_error *err)
{
    struct machine *m = machine_new(d, &cmd->machine, err);

    if (!m)
        return EXIT_BAD_INPUT;
    int status = EXIT_SUCCESS;
    if (cmd->action == ACT_RUN)
        status = machine_run(m, err);
    machine_free(m);
    if (cmd->action == ACT_CHECK && cmd->log_level > VM_LOG_ERROR)
        printf("%s: the machine is in order\n", cmd->file);
    return status;
}

static int with_machine(const struct command *cmd, struct registry *reg, struct vm_error *err)
{
    struct description *d = description_load(cmd->file, cmd->overrides, cmd->n_overrides, reg, err);
    int status = EXIT_SUCCESS;

    if (!d)
        return EXIT_BAD_INPUT;
    if (cmd->action == ACT_EXPLAIN)
        description_explain(d, stdout);
    else
        status = build_and_run(cmd, d, err);
    if (!machine_threads_hang())
        description_free(d);
    return status;
}

static int with_registry(const struct command *cmd, struct vm_error *err)
{
    struct registry *reg = registry_new(err);
    int status = EXIT_BAD_INPUT;

    if (!reg)
        return status;
    if (cmd->action == ACT_LIST) {
        if (show_plugins(reg, stdout, err) == 0)
            status = EXIT_SUCCESS;
    } else if (cmd->action == ACT_DESCRIBE) {
        if (show_plugin(reg, cmd->describe, stdout, err) == 0)
            status = EXIT_SUCCESS;
    } else if (!cmd->trace || start_trace(cmd->trace, err) == 0) {
        status = with_machine(cmd, reg, err);
    }
    if (!machine_threads_hang())
        registry_free(reg);
    return status;
}

static int execute(const struct command *cmd, struct vm_error *err)
{
    switch (cmd->action) {
    case ACT_HELP:
        print_help();
        return EXIT_SUCCESS;
    case ACT_VERSION:
        printf("vmrun %s\nplugin ABI %d.%d\n", PACKAGE_VERSION, VM_ABI_MAJOR, VM_ABI_MINOR);
        return EXIT_SUCCESS;
    default:
        return with_registry(cmd, err);
    }
}

static int run_command(int argc, char **argv)
{
    static struct command cmd = {.log_level = VM_LOG_WARNING};
    struct vm_error err = VM_ERROR_INIT;

    occupy_standard_files();
    if (argc > 1 && strcmp(argv[1], "--new") == 0 && run_new(argv + 1, &err))
        return complain(err.text, EXIT_BAD_INPUT);
    if (parse_command(&cmd, argc, argv, &err))
        return complain(err.text, EXIT_BAD_INPUT);
    log_set_level(cmd.log_level);
    int status = execute(&cmd, &err);
    if (err.set)
        return complain(err.text, status ? status : EXIT_FAILURE);
    if (cmd.action == ACT_RUN)
        return status;
    int written = finish_output();
    return status ? status : written;
}

int main(int argc, char **argv)
{
    int status = run_command(argc, argv);

    if (!machine_threads_hang())
        return status;
    /* What libraries of a plugin do at the process' end may wait for its thread that hangs. */
    fflush(NULL);
    _exit(status);
}
