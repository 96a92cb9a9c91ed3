#include "cli/command.h"

int main(int argc, char** argv) { return twin::run_program(argc, argv); }
