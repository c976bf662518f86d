# Completion of reef for bash. Put this line into ~/.bashrc:
#   source <(reef completion bash)

_reef() {
  local program=reef line mode
  # What was typed with its folder need not be on the PATH.
  if [[ $1 == */* ]]; then program=${1/#\~/$HOME}; fi
  COMPREPLY=()
  # The first line says what the others are; reef quotes them as the place in the line wants it.
  while IFS= read -r line; do
    if [[ -z $mode ]]; then mode=$line; else COMPREPLY+=("$line"); fi
  done < <("$program" __complete bash "${COMP_LINE:0:COMP_POINT}" "$2" "${COMP_TYPE:-9}" "${COLUMNS:-80}" 2>/dev/null)
  # Without compopt (bash 3, or outside of a completion) the names are here, only not marked as files.
  case $mode in
    open) compopt -o nospace 2>/dev/null ;;
    files) compopt -o default 2>/dev/null || _reef_paths -f "$2" ;;
    folders) compopt -o dirnames 2>/dev/null || _reef_paths -d "$2" ;;
  esac
  return 0
}

_reef_paths() {
  local path
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$2")
}

# Before bash 4.4 the words are sorted.
complete -o nosort -F _reef reef 2>/dev/null || complete -F _reef reef
