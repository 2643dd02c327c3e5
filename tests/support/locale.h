/* locale.h - a locale whose decimal point is a comma, made by localedef where the system has none.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOE_TEST_LOCALE_H
#define MOE_TEST_LOCALE_H

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Sets it; false if there is none to be had. */
static inline bool set_comma_locale(void)
{
    static const char *const installed[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8"};
    for (size_t i = 0; i < sizeof installed / sizeof installed[0]; i++)
        if (setlocale(LC_ALL, installed[i]))
            return true;
    char folder[] = "/tmp/moefield-locale-XXXXXX", command[256];
    if (!mkdtemp(folder))
        return false;
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder);
    const bool made = system(command) == 0;
    setenv("LOCPATH", folder, 1);
    const bool set = made && setlocale(LC_ALL, "de_DE.UTF-8");
    unsetenv("LOCPATH");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 && set;
}

static inline void unset_comma_locale(void)
{
    setlocale(LC_ALL, "C");
}

#endif
