/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * p9_folder.h - a private folder for tests of the shared folder: FOLDER/share is what the guest
 * sees, FOLDER/outside is what it must never reach.
 */
#ifndef TESTS_UNIT_P9_FOLDER_H
#define TESTS_UNIT_P9_FOLDER_H

void p9_folder_make(const char *where);
void p9_folder_remove(void);
/* A path in it; valid until it is called four times more. */
const char *p9_path(const char *name);
void p9_put_file(const char *name, const char *text);
/* What the file holds; NULL: there is none. Valid until it is called again. */
const char *p9_file(const char *name);

#endif
