/* pictures.h - pictures of a study's results, drawn by gnuplot.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROGRAM_PICTURES_H
#define PROGRAM_PICTURES_H

/* program/pictures/NAME.gp as a string; the last row has no name */
struct picture_script {
    const char *name, *text;
};
extern const struct picture_script picture_scripts[];

#endif
