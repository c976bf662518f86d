#compdef reef
# Completion of reef for zsh. Put this line into ~/.zshrc, behind compinit:
#   source <(reef completion zsh)

_reef() {
  local program=reef mode line value shown
  local -a before lines values texts open openTexts
  # What was typed with its folder need not be on the PATH.
  [[ $words[1] == */* ]] && program=${words[1]/#\~/$HOME}
  before=("${(@Q)words[2,CURRENT-1]}")
  lines=("${(@f)$("$program" __complete zsh ${COLUMNS:-80} "${before[@]}" "${(Q)PREFIX}" 2>/dev/null)}")
  mode=$lines[1]
  case $mode in
    files) compset -P '--*='; _files; return ;;
    folders) compset -P '--*='; _files -/; return ;;
  esac
  for line in "${(@)lines[2,-1]}"; do
    value=${line%%$'\t'*}
    shown=${line#*$'\t'}
    # The value of a flag follows it without a blank.
    if [[ $value == --*= ]]; then open+=("$value"); openTexts+=("$shown")
    else values+=("$value"); texts+=("$shown"); fi
  done
  (( $#open )) && compadd -l -V reef -S '' -d openTexts -a -- open
  (( $#values )) && compadd -l -V reef -d texts -a -- values
}

compdef _reef reef
